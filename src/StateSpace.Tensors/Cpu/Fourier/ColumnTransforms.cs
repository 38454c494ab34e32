using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>Complex to complex, forward, times a scale.</summary>
internal sealed unsafe class ComplexTransform<T>(FftPlan<T> plan, T scale) : ColumnTransform<T>
    where T : unmanaged, INumber<T>
{
    public override long InRows => plan.Length;

    public override long OutRows => plan.Length;

    public override long WorkRows => plan.WorkRows;

    public override void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, bool stream) =>
        plan.Run(x, y, vectors, work, scale, stream);
}

/// <summary>Real of even length, as pairs of rows, to its spectrum.</summary>
internal sealed unsafe class EvenRealForward<T>(RealFftTables<T> tables, T edge, T interior) : ColumnTransform<T>
    where T : unmanaged, INumber<T>
{
    public override long InRows => tables.Length / 2;

    public override long OutRows => (tables.Length / 2) + 1;

    public override long WorkRows => tables.Length + tables.Complex.WorkRows;

    public override void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, bool stream)
    {
        var z = SplitRows<T>.In(work, tables.Length / 2, vectors);
        tables.Complex.Run(x, z, vectors, work + (tables.Length * z.Stride), T.One, stream: false);
        tables.Unpack(z, y, z.Stride, edge, interior, stream);
    }
}

/// <summary>Spectrum to real of even length, as pairs of rows.</summary>
internal sealed unsafe class EvenRealInverse<T>(RealFftTables<T> tables, T interior, T scale) : ColumnTransform<T>
    where T : unmanaged, INumber<T>
{
    public override long InRows => (tables.Length / 2) + 1;

    public override long OutRows => tables.Length / 2;

    public override long WorkRows => tables.Length + tables.Complex.WorkRows;

    public override void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, bool stream)
    {
        var z = SplitRows<T>.In(work, tables.Length / 2, vectors);
        tables.Pack(x, z, z.Stride, interior);
        tables.Complex.Run(z.Swapped, y.Swapped, vectors, work + (tables.Length * z.Stride), scale + scale, stream);
    }
}

/// <summary>Real of odd length, with zero imaginary rows, to its spectrum.</summary>
internal sealed unsafe class OddRealForward<T>(FftPlan<T> plan, T edge, T interior) : ColumnTransform<T>
    where T : unmanaged, INumber<T>
{
    public override long InRows => plan.Length;

    public override long OutRows => (plan.Length / 2) + 1;

    public override long WorkRows => (2L * plan.Length) + plan.WorkRows;

    public override void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, bool stream)
    {
        var z = SplitRows<T>.In(work, plan.Length, vectors);
        plan.Run(x, z, vectors, work + (2 * plan.Length * z.Stride), T.One, stream: false);
        for (var k = 0; k < OutRows; k++)
        {
            var s = Vector512.Create(k == 0 ? edge : interior);
            for (long v = 0; v < z.Stride; v += Vector512<T>.Count)
            {
                var (re, im) = z.Load(k, v);
                y.Store(k, v, re * s, k == 0 ? Vector512<T>.Zero : im * s);
            }
        }
    }
}

/// <summary>Spectrum to real of odd length; the imaginary rows of the result are not written.</summary>
internal sealed unsafe class OddRealInverse<T>(FftPlan<T> plan, T interior, T scale) : ColumnTransform<T>
    where T : unmanaged, INumber<T>
{
    public override long InRows => (plan.Length / 2) + 1;

    public override long OutRows => plan.Length;

    public override long WorkRows => (2L * plan.Length) + plan.WorkRows;

    public override void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, bool stream)
    {
        var z = SplitRows<T>.In(work, plan.Length, vectors);
        for (long v = 0; v < z.Stride; v += Vector512<T>.Count) z.Store(0, v, x.Load(0, v).Re, Vector512<T>.Zero);
        var s = Vector512.Create(interior);
        for (var k = 1; k < InRows; k++)
        {
            for (long v = 0; v < z.Stride; v += Vector512<T>.Count)
            {
                var (re, im) = x.Load(k, v);
                z.Store(k, v, re * s, im * s);
                z.Store(plan.Length - k, v, re * s, -im * s);
            }
        }

        plan.Run(z.Swapped, z.Swapped, vectors, work + (2 * plan.Length * z.Stride), scale, stream: false);
        var bytes = (nuint)(z.Stride * sizeof(T));
        for (var j = 0; j < plan.Length; j++) NativeMemory.Copy(z.Re + (j * z.Stride), y.Re + (j * y.Stride), bytes);
    }
}
