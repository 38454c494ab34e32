using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.Indexing;

namespace StateSpace.Tensors.Operations.CrossEntropy;

/// <summary>Mean cross-entropy between predicted distributions, given by logits, and target classes.</summary>
public sealed class CrossEntropy : Operation
{
    private readonly long _ignore;

    /// <summary>The largest logit of each row and Σ e^(logit − largest), (2, rows); set by the forward pass.</summary>
    private Tensor? _statistics;

    /// <summary>Number of targets that are not ignored; on a GPU it is known there alone.</summary>
    private long _count;
    private Tensor? _counted;

    private CrossEntropy(long ignore) => _ignore = ignore;

    /// <summary>Mean of log Σ e^logits − logits[target] over the targets that are not ignored, in nats.</summary>
    /// <param name="logits">Unnormalized log-probabilities, (…, V).</param>
    /// <param name="targets">Classes 0 … V − 1, (…) of Int32 or Int64.</param>
    /// <param name="ignore">Target whose rows count neither in the sum nor in the mean; their gradient is 0.</param>
    /// <returns>The mean, a scalar, Float32 where logits are BFloat16; 0 with zero gradient where every target is ignored (PyTorch gives NaN there).</returns>
    /// <exception cref="ShapeException">targets does not have the shape of logits without its last axis, or the types do not fit.</exception>
    /// <exception cref="IndexValueException">A target is neither a class nor <paramref name="ignore"/>; a GPU is not waited for: the mean is NaN there, and the host throws when it next waits.</exception>
    public static Tensor Apply(Tensor logits, Tensor targets, long ignore = -100) => new CrossEntropy(ignore).RunOne(logits, targets);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var logits = step.Input(0);
        var dlogits = logits.EmptyLike();
        if (!logits.Device.IsCpu)
        {
            CrossEntropyCuda.Backward(logits, step.Input(1), _ignore, _statistics!, step.OutputGradient(0), _counted!, dlogits);
            step.Give(0, dlogits);
            return;
        }

        var scale = step.OutputGradient(0).Item() / Math.Max(1, _count);
        using var targets = IndexInput.ToInt64(step.Input(1));
        if (logits.DType == DType.Float32) CrossEntropyCpu.Backward<float>(logits, targets, _ignore, _statistics!, scale, dlogits);
        else CrossEntropyCpu.Backward<double>(logits, targets, _ignore, _statistics!, scale, dlogits);
        step.Give(0, dlogits);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (logits, targets) = (inputs[0], inputs[1]);
        Require(logits.Rank >= 1 && logits.DType.IsFloating(), $"logits must be (…, V) of floating-point numbers, not {logits}");
        Require(targets.DType.IsInteger() && targets.Shape == logits.Shape.Without(-1), $"logits is {logits} but targets is {targets}; it must be integers of shape {logits.Shape.Without(-1)}");
        return [Tensor.Empty(Shape.Scalar, logits.DType.Accurate(), logits.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var logits = inputs[0];
        using var targets = IndexInput.ToInt64(inputs[1]);
        _count = IndexInput.Check(Name, "target", targets, logits.Shape[^1], _ignore);
        _statistics = Keep(Tensor.Empty([2, targets.Count], logits.DType, logits.Device));
        var sum = logits.DType == DType.Float32
            ? CrossEntropyCpu.Forward<float>(logits, targets, _ignore, _statistics)
            : CrossEntropyCpu.Forward<double>(logits, targets, _ignore, _statistics);
        outputs[0].Fill(sum / Math.Max(1, _count));
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
        var (logits, targets) = (inputs[0], inputs[1]);
        _statistics = Keep(Tensor.Empty([2, targets.Count], logits.DType.Accurate(), logits.Device));
        _counted = Keep(Tensor.Empty(Shape.Scalar, logits.DType.Accurate(), logits.Device));
        CrossEntropyCuda.Forward(Name, logits, targets, _ignore, _statistics, outputs[0], _counted);
    }
}
