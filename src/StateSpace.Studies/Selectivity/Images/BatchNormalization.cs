using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>
/// Batch normalization of each channel over sequences and steps (Ioffe and Szegedy, 2015, arXiv 1502.03167), as <c>torch.nn.BatchNorm1d</c>: by the batch in
/// training, whose means are averaged for what is evaluated later.
/// </summary>
internal sealed class BatchNormalization : Module
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    private readonly Parameter _scale;
    private readonly Parameter _shift;
    private Tensor _mean;
    private Tensor _variance;

    /// <param name="width">Channels D.</param>
    public BatchNormalization(long width)
    {
        var role = ParameterRole.Vector(new(width, AxisGrowth.Width));
        _scale = Add(new Parameter("weight", Tensor.Ones([width]), role));
        _shift = Add(new Parameter("bias", Tensor.Zeros([width]), role));
        using (TensorScope.Suspend()) (_mean, _variance) = (Tensor.Zeros([width]), Tensor.Ones([width]));
    }

    /// <summary>The normalized input.</summary>
    /// <param name="x">(B, L, D).</param>
    /// <param name="training">Whether by the batch's own mean and variance; otherwise by the averaged ones.</param>
    public Tensor Apply(Tensor x, bool training)
    {
        var (mean, variance) = (_mean, _variance);
        if (training)
        {
            var rows = x.Reshape(x.Shape[0] * x.Shape[1], x.Shape[2]);
            mean = rows.Mean(0);
            variance = (rows - mean).Square().Mean(0);
            Average(mean, variance, rows.Shape[0]);
        }

        var scale = (variance + Epsilon).Rsqrt() * _scale;
        return (x * scale) + (_shift - (mean * scale));
    }

    /// <inheritdoc/>
    public override void MoveTo(Device device)
    {
        base.MoveTo(device);
        using var suspended = TensorScope.Suspend();
        var (mean, variance) = (_mean, _variance);
        (_mean, _variance) = (mean.To(device), variance.To(device));
        if (ReferenceEquals(mean, _mean)) return;
        mean.Dispose();
        variance.Dispose();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _mean.Dispose();
        _variance.Dispose();
        base.Dispose();
    }

    private void Average(Tensor mean, Tensor variance, long rows)
    {
        using var pause = Tape.Pause();
        var unbiased = variance * (rows > 1 ? rows / (rows - 1.0) : 1);
        _mean.CopyFrom((_mean * (1 - Momentum)) + (mean * Momentum));
        _variance.CopyFrom((_variance * (1 - Momentum)) + (unbiased * Momentum));
    }
}
