namespace StateSpace.Models.Parameters;

/// <summary>What the size of an axis follows when a model is made larger.</summary>
public enum AxisGrowth
{
    /// <summary>Nothing: kernel lengths, vocabularies, numbers of classes.</summary>
    Fixed,

    /// <summary>The number of channels D, and what is set in proportion to it (inner channels, rank of Δ).</summary>
    Width,

    /// <summary>The state size N.</summary>
    State,
}

/// <summary>How many terms are summed (fan-in) or reached (fan-out), and what that number follows.</summary>
/// <param name="Size">Number of terms; at least 1.</param>
/// <param name="Growth">What it follows.</param>
public readonly record struct Fan(long Size, AxisGrowth Growth);

/// <summary>
/// What initialization, optimizers and width-aware parametrizations (µP and its variants for state space models) need to know
/// of a weight, so that none of them needs to know its layer.
/// </summary>
/// <param name="Growth">What each axis follows, in the order of the axes.</param>
/// <param name="FanIn">Terms that one output sums; 1 for a lookup table and for an element-wise weight.</param>
/// <param name="FanOut">Outputs that one input reaches.</param>
/// <param name="InitialDeviation">Standard deviation of the initial values; 0 where they are not random.</param>
public sealed record ParameterRole(IReadOnlyList<AxisGrowth> Growth, Fan FanIn, Fan FanOut, double InitialDeviation)
{
    /// <summary>Factor on the optimizer's weight decay: 1 where it applies, 0 where it does not (norms, biases, A, D, Δ).</summary>
    public double DecayMultiplier { get; init; } = 1;

    /// <summary>Factor on the learning rate.</summary>
    public double RateMultiplier { get; init; } = 1;

    /// <summary>The role of a matrix of shape (outputs, inputs) that is multiplied with activations.</summary>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <param name="initialDeviation">Standard deviation of the initial values.</param>
    public static ParameterRole Matrix(Fan outputs, Fan inputs, double initialDeviation) =>
        new([outputs.Growth, inputs.Growth], inputs, outputs, initialDeviation);

    /// <summary>The role of a vector that scales or shifts each channel: fan-in 1, no weight decay.</summary>
    /// <param name="channels">Length.</param>
    /// <param name="initialDeviation">Standard deviation of the initial values.</param>
    public static ParameterRole Vector(Fan channels, double initialDeviation = 0) =>
        new([channels.Growth], new(1, AxisGrowth.Fixed), channels, initialDeviation) { DecayMultiplier = 0 };
}

/// <summary>Rows of a weight that have a role of their own.</summary>
/// <param name="Name">Unique within the weight: what the rows are for, such as <c>B</c>.</param>
/// <param name="Start">First index of the first axis.</param>
/// <param name="Length">Number of indices of the first axis.</param>
/// <param name="Role">What the rows do.</param>
public sealed record ParameterPart(string Name, long Start, long Length, ParameterRole Role);
