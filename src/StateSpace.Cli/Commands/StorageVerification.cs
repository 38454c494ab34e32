using System.Text;
using System.Text.Json;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Inference.Storage;
using StateSpace.Models;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Tokenization;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.PackedMatMul;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm verify MODEL --quantize</c>: what storing the weights as bf16 or int8 costs in perplexity.</summary>
internal static class StorageVerification
{
    /// <summary>Characters of a file that are read, and tokens that are predicted: enough to tell differences of a percent.</summary>
    private const int MostCharacters = 64 * 1024;
    private const int MostTokens = 8192;

    private const int OwnTexts = 8;
    private const int OwnLength = 256;

    /// <summary>Measures models one after the other.</summary>
    /// <param name="folders">The models.</param>
    /// <param name="data">A text file; null for texts that each model draws itself.</param>
    /// <param name="json">Whether to print JSON and nothing else.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> folders, string? data, bool json)
    {
        using var interruption = new Interruption();
        var reports = folders.Select(folder => Measure(folder, data, interruption.Token)).ToList();
        if (json) Print(reports);
        else reports.ForEach(Write);
        return reports.TrueForAll(report => report.Losses.TrueForAll(loss => double.IsFinite(loss.Nats))) ? ExitCode.Done : ExitCode.CheckFailed;
    }

    private static Report Measure(string folder, string? data, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        using var loaded = ModelFolder.Load(folder);
        var ids = data is null ? StorageLoss.Draw(loaded.Model, OwnTexts, OwnLength, seed: 0, cancellation) : Text(data, folder, loaded.Model);
        var text = data is null
            ? $"{OwnTexts} texts of {OwnLength} tokens that the model drew itself (no --data was given)"
            : $"the first {ids.Shape[1]} tokens of {data}";
        try
        {
            return new(folder, text, [.. StorageLoss.Measure(loaded.Model, ids, cancellation)]);
        }
        catch (ArgumentException error)
        {
            throw new CheckpointException(folder, error.Message, error);
        }
    }

    private static Tensor Text(string data, string folder, SequenceModel model)
    {
        var tokenizer = Tokenizers.Load(folder);
        int[] ids;
        try
        {
            using var reader = new StreamReader(data, Encoding.UTF8);
            var characters = new char[MostCharacters];
            ids = tokenizer.Encode(characters.AsSpan(0, reader.ReadBlock(characters)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--data {data}: {error.Message}");
        }

        if (ids.Length > MostTokens) ids = ids[..MostTokens];
        if (ids.Length < 2) throw new UsageException($"--data {data}: has {ids.Length} tokens; at least 2 are needed");
        if (ids.Max() is var largest && largest >= model.Configuration.Vocabulary)
            throw new UsageException($"--data {data}: token {largest} is not in the model's vocabulary of {model.Configuration.Vocabulary}");
        return Tensor.From<int>(ids, [1, ids.Length]);
    }

    private static void Print(List<Report> reports) => Console.Out.WriteLine(JsonSerializer.Serialize(
        reports.Select(report => new
        {
            report.Folder,
            report.Text,
            Storages = report.Losses.Select(loss => new
            {
                Weights = Name(loss.Storage),
                loss.BytesPerToken,
                Nats = Finite(loss.Nats),
                Perplexity = Finite(loss.Perplexity),
                PerplexityChange = Finite(Change(report, loss)),
            }),
        }),
        CommonOptions.JsonFormat));

    // JSON has no word for what is not finite.
    private static double Finite(double value) => double.IsFinite(value) ? value : double.MaxValue;

    private static void Write(Report report)
    {
        var output = Screen.Output();
        output.WriteLine($"{report.Folder}: perplexity on {report.Text}");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("weights");
        foreach (var heading in new[] { "MB a token", "nats", "perplexity", "change" }) table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        foreach (var loss in report.Losses)
        {
            table.AddRow(Name(loss.Storage), $"{loss.BytesPerToken / 1e6:0.000}", $"{loss.Nats:0.00000}", $"{loss.Perplexity:0.0000}", loss.Storage == WeightStorage.Float32 ? "" : $"{100 * Change(report, loss):+0.000;-0.000} %");
        }

        output.Write(table);
    }

    private static double Change(Report report, StorageLoss loss) => Math.Exp(loss.Nats - report.Losses[0].Nats) - 1;

    private static string Name(WeightStorage storage) => storage switch
    {
        WeightStorage.Float32 => "fp32",
        WeightStorage.BFloat16 => "bf16",
        _ => "int8",
    };

    private sealed record Report(string Folder, string Text, List<StorageLoss> Losses);
}
