using StateSpace.Models.Initialization;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Models;

/// <summary>
/// x + mixer(norm(x)), then, where there is a channel-wise layer, x + layer(norm(x)). The residual stream is never narrower than the computation.
/// </summary>
public sealed class Block : Module
{
    private readonly Normalization _norm;
    private readonly Normalization? _secondNorm;

    internal Block(SequenceModelConfiguration configuration, BlockSettings settings, InitialValues values)
    {
        Fan width = new(configuration.Width, AxisGrowth.Width);
        var depth = configuration.Blocks.Count;
        _norm = Add("norm", new Normalization(configuration.Norm, width, configuration.NormEpsilon, values));
        Mixer = Add("mixer", settings.Mixer.Create(configuration.Width, depth, values.Of("mixer")));
        if (settings.FeedForward is null) return;
        _secondNorm = Add("feed_norm", new Normalization(configuration.Norm, width, configuration.NormEpsilon, values));
        FeedForward = Add("feed_forward", settings.FeedForward.Create(configuration.Width, depth, values.Of("feed_forward")));
    }

    /// <summary>What carries information along the sequence.</summary>
    public SequenceMixer Mixer { get; }

    /// <summary>What maps each position by itself, or null.</summary>
    public FeedForward? FeedForward { get; }

    /// <summary>The norm before the mixer.</summary>
    internal Normalization Norm => _norm;

    /// <summary>Reads a piece of a sequence.</summary>
    /// <param name="x">The residual stream, (B, L, D).</param>
    /// <param name="state">The mixer's state; that before the first token where null.</param>
    /// <param name="resets">As for <see cref="SequenceMixer.Forward"/>.</param>
    /// <returns>The residual stream behind the block, and the mixer's state after the piece.</returns>
    public (Tensor X, State State) Forward(Tensor x, State? state = null, Tensor? resets = null)
    {
        var (stream, added, next) = Forward(x, null, state, resets);
        return (stream + added, next);
    }

    /// <summary>The same with a sum left open at both ends, so that a norm can make it in passing.</summary>
    /// <param name="x">The residual stream before what is still to be added, (B, L, D).</param>
    /// <param name="added">What is still to be added; nothing where null.</param>
    /// <param name="state">The mixer's state.</param>
    /// <param name="resets">As for <see cref="SequenceMixer.Forward"/>.</param>
    /// <returns>The same for the next block, and the mixer's state after the piece.</returns>
    internal (Tensor X, Tensor Added, State State) Forward(Tensor x, Tensor? added, State? state, Tensor? resets)
    {
        (var normed, x) = _norm.ApplyToSum(x, added);
        var (y, next) = Mixer.Forward(normed, state, resets);
        if (FeedForward is null) return (x, y, next);
        (normed, x) = _secondNorm!.ApplyToSum(x, y);
        return (x, FeedForward.Apply(normed), next);
    }

    /// <summary>Sets the type of the activations that the norms hand on; null for the stream's own.</summary>
    internal void SetActivations(DType? type)
    {
        _norm.ResultType = type;
        if (_secondNorm is not null) _secondNorm.ResultType = type;
    }
}
