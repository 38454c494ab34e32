using StateSpace.Models.Initialization;

namespace StateSpace.Models.Layers;

/// <summary>Sizes and kind of an <see cref="H3"/> layer.</summary>
public sealed record H3Settings : MixerSettings
{
    /// <summary>State size N of both state space models: N taps of the shift, N/2 conjugate pairs of the diagonal one. Even, 2 … 64.</summary>
    public int StateSize { get; init; } = 64;

    /// <summary>Channels of a head P, a divisor of D. The published models have 1.</summary>
    public long HeadSize { get; init; } = 1;

    /// <summary>Discretization of the diagonal state space model.</summary>
    public Discretization Discretization { get; init; } = Discretization.Bilinear;

    /// <summary>Initial step sizes of the diagonal state space model.</summary>
    public StepSizes StepSizes { get; init; } = new(Floor: 0);

    /// <summary>Standard deviation of the initial weights of the four linear maps.</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <inheritdoc/>
    public override SequenceMixer Create(long width, int depth, InitialValues values) => new H3(width, this, values);
}
