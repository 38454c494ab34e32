using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace StateSpace.Studies.Selectivity.Training;

/// <summary>What a training gave.</summary>
/// <param name="Parameters">Trained values.</param>
/// <param name="Steps">Steps made.</param>
/// <param name="Tests">Accuracy on each test, from sequences that neither training nor validation saw.</param>
/// <param name="Positions">Accuracy at each scored position of the last test.</param>
/// <param name="TrainingAccuracy">Mean accuracy on the training batches between the last two evaluations: what the published code reports.</param>
/// <param name="BestValidation">Best accuracy on the validation sequences along the way.</param>
/// <param name="BestStep">When that was.</param>
/// <param name="CurveSteps">Steps of the evaluations.</param>
/// <param name="CurveLosses">Mean training loss since the evaluation before, nats.</param>
/// <param name="CurveAccuracies">Accuracy on the validation sequences.</param>
internal sealed record TaskRecord(
    long Parameters, int Steps, double[] Tests, double[] Positions, double TrainingAccuracy, double BestValidation, int BestStep, int[] CurveSteps, double[] CurveLosses, double[] CurveAccuracies)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The record of a job.</summary>
    /// <exception cref="StudyInputException">There is none.</exception>
    public static TaskRecord Of(IReadOnlyDictionary<string, JsonNode> outcomes, string id) =>
        outcomes.TryGetValue(id, out var node) && node.Deserialize<TaskRecord>(Format) is { } record
            ? record
            : throw new StudyInputException($"the run has no outcome of the job '{id}'; run or resume it to its end first");

    /// <summary>As a job gives it.</summary>
    public JobOutcome Outcome() => new(
        JsonSerializer.SerializeToNode(this, Format)!,
        [.. CurveSteps.Select((step, i) => new JsonObject { ["step"] = step, ["loss"] = CurveLosses[i], ["validation_accuracy"] = CurveAccuracies[i] })]);
}
