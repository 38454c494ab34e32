using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>Sizes of a <see cref="Mamba2"/> layer.</summary>
public sealed record Mamba2Settings : MixerSettings
{
    /// <summary>States per channel N.</summary>
    public int StateSize { get; init; } = 128;

    /// <summary>Inner channels in proportion to D.</summary>
    public double Expand { get; init; } = 2;

    /// <summary>Channels of a head P, a divisor of the inner channels.</summary>
    public long HeadSize { get; init; } = 64;

    /// <summary>Groups G of heads that share B and C, a divisor of the number of heads.</summary>
    public long Groups { get; init; } = 1;

    /// <summary>Parts of the inner channels that the norm before the output map takes apart; 1 for one norm over all.</summary>
    public long NormGroups { get; init; } = 1;

    /// <summary>Number added in that norm.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Taps of the convolution.</summary>
    public int ConvolutionSize { get; init; } = 4;

    /// <summary>Whether the maps into and out of the layer have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    public bool ConvolutionBias { get; init; } = true;

    /// <summary>Steps that are computed together, Q.</summary>
    public long Chunk { get; init; } = 64;

    /// <summary>Smallest Δ; smaller ones are raised to it.</summary>
    public double SmallestDelta { get; init; }

    /// <summary>Largest Δ; larger ones are lowered to it.</summary>
    public double LargestDelta { get; init; } = double.PositiveInfinity;

    /// <summary>Initial step sizes.</summary>
    public StepSizes StepSizes { get; init; } = new();

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new Mamba2(width, depth, this, values);
}
