using System.Numerics;

namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Real and imaginary rows of a (batch, rows, columns) array, wherever they lie. On reading, rows beyond those given are zero; on
/// writing, rows beyond those wanted are dropped.
/// </summary>
/// <param name="re">First real row.</param>
/// <param name="im">First imaginary row; may be anything if there is none.</param>
/// <param name="stride">Elements between rows of a part.</param>
/// <param name="batchStride">Elements between batch entries.</param>
/// <param name="realRows">Real rows given or wanted.</param>
/// <param name="imaginaryRows">Imaginary rows given or wanted.</param>
internal readonly unsafe struct ColumnRows<T>(T* re, T* im, long stride, long batchStride, long realRows, long imaginaryRows)
    where T : unmanaged
{
    public readonly T* Re = re;
    public readonly T* Im = im;
    public readonly long Stride = stride;
    public readonly long BatchStride = batchStride;
    public readonly long RealRows = realRows;
    public readonly long ImaginaryRows = imaginaryRows;

    public SplitRows<T> At(long batch, long column)
    {
        var offset = (batch * BatchStride) + column;
        return new(Re + offset, Im + offset, Stride);
    }

    public bool IsComplete(long rows) => RealRows == rows && ImaginaryRows == rows;
}

/// <summary>A transform of the rows of one or more vectors of columns.</summary>
internal abstract unsafe class ColumnTransform<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>Rows of the input, real and imaginary.</summary>
    public abstract long InRows { get; }

    /// <summary>Rows of the output, real and imaginary.</summary>
    public abstract long OutRows { get; }

    /// <summary>Rows of workspace.</summary>
    public abstract long WorkRows { get; }

    /// <summary>Transforms x to y; <paramref name="stream"/> asks to write y past the caches where that is possible.</summary>
    public abstract void Run(SplitRows<T> x, SplitRows<T> y, int vectors, T* work, bool stream);
}
