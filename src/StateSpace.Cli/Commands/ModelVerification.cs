using System.Text.Json;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Models.Verification;
using StateSpace.Tensors;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm verify MODEL</c>: a table by layer, or JSON.</summary>
internal static class ModelVerification
{
    /// <summary>Whether an argument names a folder rather than an operation.</summary>
    public static bool IsFolder(string argument) =>
        Directory.Exists(argument) || argument.Contains('/', StringComparison.Ordinal) || argument.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Verifies models one after the other.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> folders, Device device, bool json)
    {
        using var interruption = new Interruption();
        var reports = folders.Select(folder => ModelVerifier.Verify(folder, device, interruption.Token)).ToList();
        if (json) Print(reports);
        else reports.ForEach(Write);
        return reports.TrueForAll(report => report.Holds) ? ExitCode.Done : ExitCode.CheckFailed;
    }

    private static void Print(List<ModelReport> reports) => Console.Out.WriteLine(JsonSerializer.Serialize(
        reports.Select(report => new
        {
            report.Folder,
            report.Architecture,
            report.Parameters,
            report.Layers,
            report.Holds,
            report.Notes,
            Checks = report.Checks.Select(check => new
            {
                check.Group,
                check.Name,
                check.Layer,
                MaximumError = Finite(check.MaximumError),
                MeanError = Finite(check.MeanError),
                check.Tolerance,
                check.Holds,
                check.Problem,
            }),
        }),
        CommonOptions.JsonFormat));

    // JSON has no word for what is not finite.
    private static double Finite(double error) => double.IsFinite(error) ? error : double.MaxValue;

    private static void Write(ModelReport report)
    {
        var output = Screen.Output();
        output.WriteLine($"{report.Folder}: {report.Architecture}, {report.Layers} layers, {report.Parameters:N0} weights");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("");
        foreach (var heading in new[] { "recorded\nmax", "recorded\nmean", "gradients\nmax", "in chunks\nmax", "in chunks\nmean", "float64\nmax", "float64\nmean" })
        {
            table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        }

        for (var layer = -1; layer < report.Layers; layer++)
        {
            var own = layer;
            AddRow(table, layer < 0 ? "embedding" : $"layer {layer}", report.Checks.Where(check => check.Layer == own));
        }

        AddRow(table, "final norm", report.Checks.Where(check => check.Name == "final" || check.Name == $"hidden.{report.Layers}"));
        AddRow(table, "logits", report.Checks.Where(check => check.Name == "logits"));
        AddRow(table, "loss", report.Checks.Where(check => check.Name == "loss"));
        AddRow(table, "other weights", report.Checks.Where(check => check.Layer is null && IsGradient(check)));
        output.Write(table);
        var texts = report.Checks.Where(check => check.Name == "greedy").ToList();
        output.WriteLine($"greedy continuations: {texts.Count(check => check.Holds)} of {texts.Count} the same");
        foreach (var note in report.Notes) output.WriteLine($"note: {note}");
        foreach (var check in report.Checks.Where(check => !check.Holds)) output.WriteLine(check.ToString());
        var gated = report.Checks.Where(check => check.Tolerance is not null).ToList();
        output.WriteLine($"{gated.Count(check => check.Holds)} of {gated.Count} checks hold");
    }

    private static void AddRow(Table table, string label, IEnumerable<ModelCheck> checks)
    {
        var all = checks.ToList();
        if (all.Count == 0) return;
        var recorded = all.Where(check => check.Group == "recorded" && !IsGradient(check)).ToList();
        var chunks = all.Where(check => check.Group.StartsWith("chunks", StringComparison.Ordinal) || check.Group == "token by token").ToList();
        var reference = all.Where(check => check.Group == "float64").ToList();
        table.AddRow(label, Largest(recorded), Mean(recorded), Largest(all.Where(IsGradient)), Largest(chunks), Mean(chunks), Largest(reference), Mean(reference));
    }

    private static bool IsGradient(ModelCheck check) => check.Name.StartsWith("grad.", StringComparison.Ordinal);

    private static string Largest(IEnumerable<ModelCheck> checks) => Text(checks.Select(check => check.MaximumError));

    private static string Mean(IEnumerable<ModelCheck> checks) => Text(checks.Select(check => check.MeanError));

    private static string Text(IEnumerable<double> errors)
    {
        var all = errors.ToList();
        return all.Count == 0 ? "" : (all.Exists(double.IsNaN) ? double.NaN : all.Max()).ToString("0.0e+0");
    }
}
