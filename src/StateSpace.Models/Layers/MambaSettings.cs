using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>How Δ, B and C are normalized before a selective scan.</summary>
public enum ScanInputNorm
{
    /// <summary>Not: Mamba.</summary>
    None,

    /// <summary>By their root mean squares: FalconMamba.</summary>
    Plain,

    /// <summary>By their root mean squares, with trained scales: Jamba.</summary>
    Scaled,
}

/// <summary>Sizes of a <see cref="Mamba"/> layer.</summary>
public sealed record MambaSettings : MixerSettings
{
    /// <summary>States per channel N.</summary>
    public int StateSize { get; init; } = 16;

    /// <summary>Inner channels in proportion to D.</summary>
    public double Expand { get; init; } = 2;

    /// <summary>Inner channels E; 0 for expand · D.</summary>
    public long Inner { get; init; }

    /// <summary>Taps of the convolution.</summary>
    public int ConvolutionSize { get; init; } = 4;

    /// <summary>Rank R of Δ; 0 for D/16, rounded up.</summary>
    public long DeltaRank { get; init; }

    /// <summary>Whether the maps into and out of the layer have biases.</summary>
    public bool Bias { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    public bool ConvolutionBias { get; init; } = true;

    /// <summary>Norm of Δ, B and C.</summary>
    public ScanInputNorm InputNorm { get; init; }

    /// <summary>Number added in that norm.</summary>
    public double InputNormEpsilon { get; init; } = 1e-6;

    /// <summary>Initial step sizes.</summary>
    public StepSizes StepSizes { get; init; } = new();

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new Mamba(width, depth, this, values);
}
