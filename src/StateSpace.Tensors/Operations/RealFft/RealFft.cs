using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu.Fourier;

namespace StateSpace.Tensors.Operations.RealFft;

/// <summary>Discrete Fourier transform of real sequences along L, of any length: X_k = Σ_l x_l e^(−2πikl/n), k = 0 … ⌊n/2⌋ (numpy's rfft).</summary>
public sealed class RealFft : Operation
{
    private readonly long _length;

    private RealFft(long length) => _length = length;

    /// <inheritdoc/>
    public override Saved Saves => Saved.Nothing;

    /// <summary>Transforms each channel of each sequence.</summary>
    /// <param name="x">Input, (B, L, D).</param>
    /// <param name="length">n, at least L: x continues with zeros; L where null. Fast for every length, fastest at <see cref="FftLength.GoodEven"/>.</param>
    /// <returns>The spectrum's real and imaginary part, (B, ⌊n/2⌋ + 1, D) each.</returns>
    /// <exception cref="ShapeException">x is not (B, L, D), or n is less than L or less than 1.</exception>
    public static (Tensor Re, Tensor Im) Apply(Tensor x, long? length = null)
    {
        var outputs = new RealFft(length ?? (x.Rank == 3 ? x.Shape[1] : 0)).Run(x);
        return (outputs[0], outputs[1]);
    }

    /// <inheritdoc/>
    protected internal override unsafe void Backward(GradientStep step)
    {
        var shape = step.InputShape(0);
        Tensor re = step.OutputGradient(0), im = step.OutputGradient(1), dx = Tensor.Empty(shape, re.DType, re.Device);
        var size = FftSize.Of(shape[0], _length, shape[1], shape[2]);
        if (!re.Device.IsCpu) FftCuda.Inverse(re, im, _length, dx, edge: 1, inner: 0.5);
        else if (re.DType == DType.Float32) ColumnFft.RealForwardAdjoint(re.Pointer<float>(), im.Pointer<float>(), dx.Pointer<float>(), size.Batch, size.Length, size.Rows, size.Columns);
        else ColumnFft.RealForwardAdjoint(re.Pointer<double>(), im.Pointer<double>(), dx.Pointer<double>(), size.Batch, size.Length, size.Rows, size.Columns);
        step.Give(0, dx);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(x.Rank == 3 && x.DType.IsFloating(), $"x must be (B, L, D) of floating-point numbers, not {x}");
        Require(_length >= 1 && _length >= x.Shape[1] && _length <= FftSize.Largest, $"the length is {_length} but x is {x}; it must be at least L and 1 to 2^29");
        var shape = x.Shape.With(1, (_length / 2) + 1);
        return [Tensor.Empty(shape, x.DType, x.Device), Tensor.Empty(shape, x.DType, x.Device)];
    }

    /// <inheritdoc/>
    protected override unsafe void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var (x, re, im) = (inputs[0], outputs[0], outputs[1]);
        var size = FftSize.Of(x.Shape[0], _length, x.Shape[1], x.Shape[2]);
        if (x.DType == DType.Float32) ColumnFft.RealForward(x.Pointer<float>(), re.Pointer<float>(), im.Pointer<float>(), size.Batch, size.Length, size.Rows, size.Columns);
        else ColumnFft.RealForward(x.Pointer<double>(), re.Pointer<double>(), im.Pointer<double>(), size.Batch, size.Length, size.Rows, size.Columns);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => FftCuda.Forward(inputs[0], _length, outputs[0], outputs[1], edge: 1, inner: 1);
}

/// <summary>The sizes of a transform along the middle axis.</summary>
internal readonly record struct FftSize(int Batch, int Length, int Rows, int Columns)
{
    /// <summary>Largest length of a transform.</summary>
    public const long Largest = 1 << 29;

    public static FftSize Of(long batch, long length, long rows, long columns) =>
        new(checked((int)batch), checked((int)length), checked((int)rows), checked((int)columns));
}
