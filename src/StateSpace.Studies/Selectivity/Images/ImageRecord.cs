using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>What a training gave.</summary>
/// <param name="Parameters">Trained values.</param>
/// <param name="Test">Accuracy on the test images, after the last step.</param>
/// <param name="Losses">Mean training loss of each epoch, nats.</param>
/// <param name="Validations">Accuracy on the validation images after each epoch.</param>
/// <param name="Kernel">The largest forward kernel of the first block, by the sum of its magnitudes; over that sum.</param>
internal sealed record ImageRecord(long Parameters, double Test, double[] Losses, double[] Validations, double[] Kernel)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The record of a job.</summary>
    /// <exception cref="StudyInputException">There is none.</exception>
    public static ImageRecord Of(IReadOnlyDictionary<string, JsonNode> outcomes, string id) =>
        outcomes.TryGetValue(id, out var node) && node.Deserialize<ImageRecord>(Format) is { } record
            ? record
            : throw new StudyInputException($"the run has no outcome of the job '{id}'; run or resume it to its end first");

    /// <summary>As a job gives it.</summary>
    public JobOutcome Outcome() => new(
        JsonSerializer.SerializeToNode(this, Format)!,
        [.. Losses.Select((loss, i) => new JsonObject { ["epoch"] = i + 1, ["loss"] = loss, ["validation_accuracy"] = Validations[i] })]);
}
