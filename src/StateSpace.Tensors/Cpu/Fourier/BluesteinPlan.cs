using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Bluestein's algorithm for lengths with a large prime: with jk = (j² + k² − (k − j)²)/2 the transform is a convolution with the
/// chirp b_j = e^(πij²/n), y_k = b̄_k · Σ_j (x_j b̄_j)·b_(k−j), done by transforms of a good length M ≥ 2n − 1.
/// </summary>
internal sealed unsafe class BluesteinPlan<T> : FftPlan<T>
    where T : unmanaged, INumber<T>
{
    private readonly FftPlan<T> _inner;
    private readonly T[] _chirp;
    private readonly T[] _kernel;

    public BluesteinPlan(int n)
    {
        Length = n;
        var m = FftLength.Good((2 * n) - 1);
        _inner = Create(m);
        _chirp = new T[2 * n];
        _kernel = Kernel(n, m, _chirp);
    }

    public override int Length { get; }

    public override long WorkRows => (2L * _inner.Length) + _inner.WorkRows;

    public override long TableSize => _chirp.Length + _kernel.Length + _inner.TableSize;

    public override void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, T scale, bool stream)
    {
        long width = vectors * Vector512<T>.Count;
        var m = _inner.Length;
        var buffer = new SplitRows<T>(work, work + (m * width), width);
        var innerWork = work + (2 * m * width);
        fixed (T* chirp = _chirp, kernel = _kernel)
        {
            Multiply(x, buffer, Length, width, chirp, T.One);
            NativeMemory.Clear(buffer.Re + (Length * width), (nuint)((m - Length) * width * sizeof(T)));
            NativeMemory.Clear(buffer.Im + (Length * width), (nuint)((m - Length) * width * sizeof(T)));
            _inner.Run(buffer, buffer, vectors, innerWork, T.One, stream: false);
            Multiply(buffer, buffer, m, width, kernel, T.One);
            _inner.Run(buffer.Swapped, buffer.Swapped, vectors, innerWork, T.One, stream: false);
            Multiply(buffer, y, Length, width, chirp, scale);
        }
    }

    // Row i of y = row i of x times factor i times scale.
    private static void Multiply(SplitRows<T> x, SplitRows<T> y, int rows, long width, T* factors, T scale)
    {
        var s = Vector512.Create(scale);
        for (var i = 0; i < rows; i++)
        {
            var (wr, wi) = (Vector512.Create(factors[2 * i]) * s, Vector512.Create(factors[(2 * i) + 1]) * s);
            for (long v = 0; v < width; v += Vector512<T>.Count)
            {
                var (xr, xi) = x.Load(i, v);
                y.Store(i, v, Lanes.Fma(xr, wr, -(xi * wi)), Lanes.Fma(xr, wi, xi * wr));
            }
        }
    }

    // The transform of the chirp over M, in double whatever T is, with 1/M of the inverse in it. Fills the chirp b̄ too.
    private static T[] Kernel(int n, int m, T[] chirp)
    {
        var width = Vector512<double>.Count;
        var plan = FftPlan<double>.Create(m);
        var rows = new double[2 * m * width];
        for (var j = 0; j < n; j++)
        {
            var (cos, sin) = RootOfUnity.Of((long)j * j % (2L * n), 2L * n);
            chirp[2 * j] = T.CreateTruncating(cos);
            chirp[(2 * j) + 1] = T.CreateTruncating(-sin);
            rows[j * width] = cos;
            rows[(m + j) * width] = sin;
            if (j == 0) continue;
            rows[(m - j) * width] = cos;
            rows[((2 * m) - j) * width] = sin;
        }

        var work = new double[plan.WorkRows * width];
        fixed (double* re = rows, scratch = work)
        {
            var buffer = new SplitRows<double>(re, re + (m * width), width);
            plan.Run(buffer, buffer, 1, scratch, 1.0 / m, stream: false);
        }

        var kernel = new T[2 * m];
        for (var k = 0; k < m; k++)
        {
            kernel[2 * k] = T.CreateTruncating(rows[k * width]);
            kernel[(2 * k) + 1] = T.CreateTruncating(rows[(m + k) * width]);
        }

        return kernel;
    }
}
