using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>The outcome of a finished run, <c>results.json</c>: sizes and losses; equal runs give equal bytes.</summary>
public static class ResultFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes the file, which marks the run as finished.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="result">Its result.</param>
    /// <exception cref="RunFolderException">The file cannot be written.</exception>
    public static void Write(TrainingFolder folder, TrainingResult result) => AtomicFile.WriteText(folder.ResultsPath, new JsonObject
    {
        ["task"] = "lm",
        ["model"] = result.Configuration.Model,
        ["preset"] = result.Configuration.Preset,
        ["seed"] = result.Configuration.Seed,
        ["parameters"] = result.Parameters,
        ["steps"] = result.Configuration.Settings.Steps,
        ["tokens"] = result.Configuration.Settings.Steps * result.TokensPerStep,
        ["training_tokens"] = result.TrainingTokens,
        ["held_out_tokens"] = result.HeldOutTokens,
        ["held_out_bytes"] = result.HeldOutBytes,
        ["nats_per_byte"] = Number(result.Final?.NatsPerByte),
        ["bits_per_byte"] = Number(result.Final?.BitsPerByte),
        ["checkpoint"] = result.Final?.Checkpoint,
    }.ToJsonString(Indented) + "\n");

    /// <summary>Reads a finished run: its outcome, metrics and times.</summary>
    /// <param name="folder">The run.</param>
    /// <exception cref="RunFolderException">A file is missing or damaged.</exception>
    public static TrainingResult Read(TrainingFolder folder)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(folder.ResultsPath));
            var root = document.RootElement;
            using var journal = Journal.Resume(folder.MetricsPath, out var records);
            using var clock = TrainingClock.Open(folder.TimingsPath, long.MaxValue, 1, new(folder.Configuration.Settings.Steps));
            return new(
                folder.Configuration,
                root.GetProperty("parameters").GetInt64(),
                root.GetProperty("training_tokens").GetInt64(),
                root.GetProperty("held_out_tokens").GetInt64(),
                root.GetProperty("held_out_bytes").GetInt64(),
                IsFinished: true,
                TrainingMetrics.Parse(folder.MetricsPath, records),
                clock.Timings);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw RunFolderException.Unusable(folder.ResultsPath, "is damaged: it is not the result of a training run; delete it and resume the run", error);
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(folder.ResultsPath, 0, error);
            throw;
        }
    }

    private static JsonNode? Number(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
