using System.Globalization;
using StateSpace.Studies;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Reporting.Training;

/// <summary>Writes what a training run leaves for people: the charts' data and the report; at its end the result record.</summary>
public static class TrainingReport
{
    /// <summary>Writes the files, each whole or not at all; <c>results.json</c>, which marks the run as finished, only where it is.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="result">What it found, or has found so far.</param>
    /// <exception cref="RunFolderException">A file cannot be written.</exception>
    public static void Write(TrainingFolder folder, TrainingResult result)
    {
        var charts = TrainingCharts.Of(result).ToList();
        foreach (var chart in charts) AtomicFile.WriteText(folder.ChartPath(chart.Name), Csv.Write(chart));
        AtomicFile.WriteText(folder.ReportPath, Page(result, charts));
        if (result.IsFinished) ResultFile.Write(folder, result);
    }

    /// <summary>Held-out losses, last line first where it counts: the outcome in a table.</summary>
    /// <param name="result">What a run found.</param>
    public static ResultTable Outcome(TrainingResult result)
    {
        var evaluations = result.Metrics.Evaluations;
        var rows = evaluations.Where(evaluation => evaluation.IsWhole).ToList();
        if (rows.Count == 0 && evaluations.Count > 0) rows.Add(evaluations[^1]);
        return new(
            "outcome",
            "Held-out text",
            ["weights", "step", "tokens", "nats per token", "nats per byte", "bits per byte"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)[Weights(result, row), row.Step, row.Tokens, Rounded(row.Loss), Rounded(row.NatsPerByte), Rounded(row.BitsPerByte)])],
            $"The last {result.HeldOutBytes} bytes of the data, on which no step trained. {Context(result.Configuration.Settings)}");
    }

    private static string Page(TrainingResult result, List<Chart> charts)
    {
        var configuration = result.Configuration;
        var head = new ReportHead(
            "Language model",
            $"{configuration.Model}, {configuration.Preset}",
            Summary(result),
            "Data: " + string.Join(", ", configuration.Data.Select(file => $"{file.Path} ({file.Bytes} bytes)")),
            [.. Facts(result)],
            configuration.Program,
            ["metrics.jsonl", "timings.jsonl", "charts/*.csv", "results.json"]);
        var parts = ReportPart.Of(new StudyResult(
            configuration.Model, configuration.Preset, configuration.Seed, result.Seconds, [], [Outcome(result)], charts, [new("Outcome", [], ["outcome"], [.. charts.Where(chart => chart.Name.StartsWith("loss", StringComparison.Ordinal)).Select(chart => chart.Name)], []), new("Course", [], [], [.. charts.Where(chart => !chart.Name.StartsWith("loss", StringComparison.Ordinal)).Select(chart => chart.Name)], [])]));
        return HtmlReport.Write(head, parts, []);
    }

    private static string Summary(TrainingResult result)
    {
        var (steps, all) = (result.Metrics.Steps.Count, result.Configuration.Settings.Steps);
        var course = $"{result.Parameters} weights, {steps} of {all} steps, {steps * result.TokensPerStep} tokens in {result.Seconds / 60:0.0} minutes";
        return result.Final is { } final
            ? string.Create(CultureInfo.InvariantCulture, $"{course}: {final.NatsPerByte:0.0000} nats or {final.BitsPerByte:0.0000} bits per byte of held-out text.")
            : course + ". The run is not finished.";
    }

    private static IEnumerable<(string Name, string Value)> Facts(TrainingResult result)
    {
        var configuration = result.Configuration;
        yield return ("model", configuration.Model);
        yield return ("preset", configuration.Preset);
        yield return ("seed", configuration.Seed.ToString(CultureInfo.InvariantCulture));
        yield return ("tokenizer", configuration.Tokenizer);
        yield return ("weights", result.Parameters.ToString(CultureInfo.InvariantCulture));
        yield return ("training tokens", result.TrainingTokens.ToString(CultureInfo.InvariantCulture));
        foreach (var setting in SettingList.All) yield return (setting.Name, setting.Read(configuration.Settings).ToString());
    }

    private static string Context(LanguageModelSettings settings) => settings.Evaluation == EvaluationMode.Carried
        ? "A prediction rests on everything that its reader has read before: the state is carried along."
        : $"A prediction rests on {settings.Length / 2} to {settings.Length} tokens before it.";

    private static string Weights(TrainingResult result, EvaluationMetric evaluation) =>
        evaluation.Checkpoint == "last" && evaluation.Step < result.Configuration.Settings.Steps ? "so far" : evaluation.Checkpoint;

    private static Cell Rounded(double value) => Math.Round(value, 5);
}
