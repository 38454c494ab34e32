using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Fourier;
using Lanes = StateSpace.Tensors.Cpu.Lanes;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>
/// By Fourier transforms of a length n ≥ L + taps − 1, so that nothing wraps around into the rows that count: ŷ = k̂ û,
/// ∂û = conj(k̂) ĝ, ∂k̂ = Σ conj(û) ĝ.
/// </summary>
internal sealed unsafe class FourierConvolution<T>(long length, long taps) : BlockConvolution<T>(length, taps)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _size = FftLength.GoodEven(checked((int)(Math.Max(length, 1) + Math.Max(taps - 1, 0))));

    public override long Rows => _size;

    public override long PreparedVectors => 2 * Bins;

    public override long SumVectors => 2 * Bins;

    public override long WorkVectors => 4 * Bins;

    private long Bins => (_size / 2) + 1;

    public override void Prepare(T* kernel, T* prepared, T* work) => Transform(kernel, prepared);

    public override void Forward(T* prepared, T* u, T* y, T* work)
    {
        Transform(u, work);
        var elements = Bins * Vector512<T>.Count;
        for (long i = 0; i < elements; i += Vector512<T>.Count)
        {
            Vector512<T> re = Vector512.Load(work + i), im = Vector512.Load(work + elements + i);
            Vector512<T> kernelRe = Vector512.Load(prepared + i), kernelIm = Vector512.Load(prepared + elements + i);
            Vector512.Store(Lanes.SubtractProduct(im, kernelIm, re * kernelRe), work + i);
            Vector512.Store(Lanes.MultiplyAdd(im, kernelRe, re * kernelIm), work + elements + i);
        }

        Return(work, y);
    }

    public override void Backward(T* prepared, T* u, T* g, T* du, T* sums, T* work)
    {
        var elements = Bins * Vector512<T>.Count;
        T* spectrum = work, gradient = work + (2 * elements);
        Transform(u, spectrum);
        Transform(g, gradient);
        for (long i = 0; i < elements; i += Vector512<T>.Count)
        {
            var j = elements + i;
            Vector512<T> uRe = Vector512.Load(spectrum + i), uIm = Vector512.Load(spectrum + j);
            Vector512<T> gRe = Vector512.Load(gradient + i), gIm = Vector512.Load(gradient + j);
            Vector512<T> kernelRe = Vector512.Load(prepared + i), kernelIm = Vector512.Load(prepared + j);
            Vector512.Store(Lanes.MultiplyAdd(uIm, gIm, Lanes.MultiplyAdd(uRe, gRe, Vector512.Load(sums + i))), sums + i);
            Vector512.Store(Lanes.SubtractProduct(uIm, gRe, Lanes.MultiplyAdd(uRe, gIm, Vector512.Load(sums + j))), sums + j);
            Vector512.Store(Lanes.MultiplyAdd(kernelIm, gIm, kernelRe * gRe), gradient + i);
            Vector512.Store(Lanes.SubtractProduct(kernelIm, gRe, kernelRe * gIm), gradient + j);
        }

        Return(gradient, du);
    }

    public override void Finish(T* sums, T* dkernel, T* work) => Return(sums, dkernel);

    private void Transform(T* rows, T* spectrum) =>
        ColumnFft.RealForward(rows, spectrum, spectrum + (Bins * Vector512<T>.Count), 1, _size, _size, Vector512<T>.Count);

    private void Return(T* spectrum, T* rows) =>
        ColumnFft.RealInverse(spectrum, spectrum + (Bins * Vector512<T>.Count), rows, 1, _size, _size, Vector512<T>.Count);
}
