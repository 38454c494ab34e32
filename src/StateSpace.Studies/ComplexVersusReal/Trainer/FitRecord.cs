using System.Text.Json;
using System.Text.Json.Nodes;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>What a training run gives; goes through the journal as JSON, so it holds nothing that depends on the clock.</summary>
/// <param name="Steps">Steps taken.</param>
/// <param name="MinLoss">Smallest ‖ŷ − T‖₂²/‖T‖₂² over the run, as computed in single precision.</param>
/// <param name="MinStep">Number of steps after which it was seen first.</param>
/// <param name="MinL1">‖ŷ − T‖₁/‖T‖₁ at that point.</param>
/// <param name="FinalLoss">‖ŷ − T‖₂²/‖T‖₂² after the last step, in single precision.</param>
/// <param name="FinalLossDouble">The same of the same parameters, evaluated in double precision.</param>
/// <param name="FinalL1">‖ŷ − T‖₁/‖T‖₁ after the last step, in double precision.</param>
/// <param name="LargestCoefficient">max_j |C_j B_j| after the last step.</param>
/// <param name="Target">T_k.</param>
/// <param name="Response">ŷ_k after the last step, in double precision.</param>
/// <param name="EigenvalueRe">Real parts of at most <see cref="MostEigenvalues"/> eigenvalues, evenly chosen by index.</param>
/// <param name="EigenvalueIm">Imaginary parts; zeros in the real field.</param>
/// <param name="CurveSteps">Steps at which the loss was recorded, increasing.</param>
/// <param name="CurveLosses">Loss after that many steps.</param>
internal sealed record FitRecord(
    int Steps,
    double MinLoss,
    int MinStep,
    double MinL1,
    double FinalLoss,
    double FinalLossDouble,
    double FinalL1,
    double LargestCoefficient,
    double[] Target,
    double[] Response,
    double[] EigenvalueRe,
    double[] EigenvalueIm,
    int[] CurveSteps,
    double[] CurveLosses)
{
    /// <summary>Eigenvalues kept for a chart.</summary>
    public const int MostEigenvalues = 256;

    private static readonly JsonSerializerOptions Naming = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static FitRecord FromJson(JsonNode node) =>
        node.Deserialize<FitRecord>(Naming) ?? throw new InvalidDataException("the journal holds an empty record of a training run");

    public JsonNode ToJson() => JsonSerializer.SerializeToNode(this, Naming)!;

    /// <summary>The loss curve as metrics.</summary>
    public IReadOnlyList<JsonObject> Metrics() =>
        [.. CurveSteps.Zip(CurveLosses, (step, loss) => new JsonObject { ["step"] = step, ["loss"] = loss })];
}
