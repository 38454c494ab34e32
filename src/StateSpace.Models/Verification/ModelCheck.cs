namespace StateSpace.Models.Verification;

/// <summary>One comparison of a model's verification.</summary>
/// <param name="Group">What was compared with what, such as <c>recorded</c> or <c>chunks of 3</c>.</param>
/// <param name="Name">
/// The quantity: <c>logits</c>, <c>greedy</c>; <c>stream.K</c>, the residual stream before layer K, or after the last; <c>final</c>, after the
/// final norm; or a recorded <c>hidden.K</c>, <c>loss</c> or <c>grad.NAME</c>.
/// </param>
/// <param name="MaximumError">Largest absolute difference over the scale.</param>
/// <param name="MeanError">Mean absolute difference over the scale.</param>
/// <param name="Tolerance">What the largest error may be; null where it is measured only.</param>
/// <param name="Layer">The layer whose output or weight it is, from 0; −1 for the embedding; null for the others.</param>
/// <param name="Problem">Why the comparison was not possible, or what differs; null where numbers say all.</param>
public sealed record ModelCheck(string Group, string Name, double MaximumError, double MeanError, double? Tolerance, int? Layer = null, string? Problem = null)
{
    /// <summary>Whether the check holds; a NaN never does.</summary>
    public bool Holds => Problem is null && (Tolerance is null || MaximumError <= Tolerance);

    /// <summary>Compares numbers.</summary>
    /// <param name="group">What is compared with what.</param>
    /// <param name="name">The quantity.</param>
    /// <param name="expected">The truth.</param>
    /// <param name="actual">What the model gives.</param>
    /// <param name="tolerance">What the largest error over the scale may be; null to measure only.</param>
    /// <param name="scale">What errors are divided by.</param>
    /// <param name="layer">The layer whose output or weight it is.</param>
    internal static ModelCheck Of(string group, string name, double[] expected, double[] actual, double? tolerance, double scale, int? layer = null)
    {
        if (expected.Length != actual.Length)
        {
            return new(group, name, double.NaN, double.NaN, tolerance, layer, $"{expected.Length} values are expected, there are {actual.Length}");
        }

        var (largest, sum) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs(expected[i] - actual[i]) / scale;
            sum += error;
            if (!(error <= largest)) largest = error;
            if (double.IsNaN(error)) return new(group, name, error, error, tolerance, layer, tolerance is null ? null : "there are values that are no numbers");
        }

        return new(group, name, largest, expected.Length == 0 ? 0 : sum / expected.Length, tolerance, layer);
    }

    /// <summary>The largest magnitude, at least a floor.</summary>
    internal static double Scale(double[] values, double floor) => values.Aggregate(floor, (largest, value) => Math.Max(largest, Math.Abs(value)));

    /// <summary>The check in one line.</summary>
    public override string ToString() => Problem is null
        ? $"{Group}, {Name}: error {MaximumError:0.0e+0}{(Tolerance is { } tolerance ? $", tolerance {tolerance:0.0e+0}" : "")}"
        : $"{Group}, {Name}: {Problem}";
}

/// <summary>What a model's verification found.</summary>
/// <param name="Folder">The model's folder.</param>
/// <param name="Architecture">Value of <c>model_type</c>.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Checks">Every comparison.</param>
/// <param name="Notes">What was left out and why, and other remarks.</param>
public sealed record ModelReport(string Folder, string Architecture, long Parameters, int Layers, IReadOnlyList<ModelCheck> Checks, IReadOnlyList<string> Notes)
{
    /// <summary>Whether every check holds.</summary>
    public bool Holds => Checks.All(check => check.Holds);
}
