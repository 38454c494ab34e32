using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu.Fourier;

namespace StateSpace.Tensors.Operations.RealFft;

/// <summary>
/// The inverse of <see cref="RealFft"/>: x_l = (1/n) Re(X_0 + (−1)^l X_{n/2} [n even] + 2 Σ_{0&lt;k&lt;n/2} X_k e^(2πikl/n)) (numpy's irfft).
/// The imaginary parts of X_0 and X_{n/2} do not count; their gradient is zero.
/// </summary>
public sealed class InverseRealFft : Operation
{
    private readonly long _length;

    private InverseRealFft(long length) => _length = length;

    /// <inheritdoc/>
    public override Saved Saves => Saved.Nothing;

    /// <summary>Transforms each channel of each spectrum back.</summary>
    /// <param name="spectrum">Real and imaginary part, (B, ⌊n/2⌋ + 1, D) each.</param>
    /// <param name="length">n.</param>
    /// <returns>The sequences, (B, n, D).</returns>
    /// <exception cref="ShapeException">The spectrum is not (B, ⌊n/2⌋ + 1, D).</exception>
    public static Tensor Apply((Tensor Re, Tensor Im) spectrum, long length) => new InverseRealFft(length).RunOne(spectrum.Re, spectrum.Im);

    /// <inheritdoc/>
    protected internal override unsafe void Backward(GradientStep step)
    {
        var g = step.OutputGradient(0);
        Tensor re = Tensor.Empty(step.InputShape(0), g.DType, g.Device), im = Tensor.Empty(step.InputShape(0), g.DType, g.Device);
        var size = FftSize.Of(g.Shape[0], _length, _length, g.Shape[2]);
        if (!g.Device.IsCpu) FftCuda.Forward(g, _length, re, im, edge: 1.0 / _length, inner: 2.0 / _length);
        else if (g.DType == DType.Float32) ColumnFft.RealInverseAdjoint(g.Pointer<float>(), re.Pointer<float>(), im.Pointer<float>(), size.Batch, size.Length, size.Rows, size.Columns);
        else ColumnFft.RealInverseAdjoint(g.Pointer<double>(), re.Pointer<double>(), im.Pointer<double>(), size.Batch, size.Length, size.Rows, size.Columns);
        step.Give(0, re);
        step.Give(1, im);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (re, im) = (inputs[0], inputs[1]);
        Require(re.Rank == 3 && re.DType.IsFloating(), $"the real part must be (B, ⌊n/2⌋ + 1, D) of floating-point numbers, not {re}");
        Require(im.Shape == re.Shape && im.DType == re.DType, $"the real part is {re} but the imaginary part is {im}");
        Require(_length is >= 1 and <= FftSize.Largest && re.Shape[1] == (_length / 2) + 1, $"the length is {_length} but the spectrum is {re}; it must have {(_length / 2) + 1} rows");
        return [Tensor.Empty(re.Shape.With(1, _length), re.DType, re.Device)];
    }

    /// <inheritdoc/>
    protected override unsafe void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var (re, im, x) = (inputs[0], inputs[1], outputs[0]);
        var size = FftSize.Of(x.Shape[0], _length, _length, x.Shape[2]);
        if (x.DType == DType.Float32) ColumnFft.RealInverse(re.Pointer<float>(), im.Pointer<float>(), x.Pointer<float>(), size.Batch, size.Length, size.Rows, size.Columns);
        else ColumnFft.RealInverse(re.Pointer<double>(), im.Pointer<double>(), x.Pointer<double>(), size.Batch, size.Length, size.Rows, size.Columns);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) =>
        FftCuda.Inverse(inputs[0], inputs[1], _length, outputs[0], edge: 1.0 / _length, inner: 1.0 / _length);
}
