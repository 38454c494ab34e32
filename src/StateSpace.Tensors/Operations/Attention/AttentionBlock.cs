using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Attention;

/// <summary>
/// Steps that the forward and the backward pass share: copies of rows and keys in which vectors of P or Pv numbers are adjacent, and products
/// of a block of keys with a block of rows that leave out what no row sees.
/// </summary>
internal static unsafe class AttentionBlock<T, TTile>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TTile : ITile<T>
{
    /// <summary>A size of vectors, rounded up to whole lanes: the stride of copies.</summary>
    public static int Padded(int size) => (size + Vector512<T>.Count - 1) / Vector512<T>.Count * Vector512<T>.Count;

    /// <summary>Rows of a (B, L, H, size) array, times a factor, to (columns, padded size); what is beyond them becomes zero.</summary>
    public static void LoadRows(in AttentionCall call, T* source, long sequence, long row, int rows, int columns, int size, T factor, T* packed)
    {
        var stride = Padded(size);
        for (var i = 0; i < rows; i++)
        {
            var target = new Span<T>(packed + ((long)i * stride), stride);
            TensorPrimitives.Multiply(new ReadOnlySpan<T>(source + call.OffsetOfRow(sequence, row + i, size), size), factor, target);
            target[size..].Clear();
        }


        new Span<T>(packed + ((long)rows * stride), checked((columns - rows) * stride)).Clear();
    }

    /// <summary>Rows of (columns, padded size), times a factor, to a (B, L, H, size) array.</summary>
    public static void StoreRows(in AttentionCall call, T* packed, T factor, T* target, long sequence, long row, int rows, int size)
    {
        var stride = Padded(size);
        for (var i = 0; i < rows; i++)
        {
            TensorPrimitives.Multiply(new ReadOnlySpan<T>(packed + ((long)i * stride), size), factor, new Span<T>(target + call.OffsetOfRow(sequence, row + i, size), size));
        }
    }

    /// <summary>Keys or values of a (B, S, Hkv, size) array to (keys, padded size), with zeros up to the micro-kernel's rows.</summary>
    public static void LoadKeys(in AttentionCall call, T* source, long sequence, int key, int keys, int size, T* packed)
    {
        var stride = Padded(size);
        var from = source + call.OffsetOfKey(sequence, key, size);
        for (var i = 0; i < keys; i++, from += call.KeyHeads * size)
        {
            var target = new Span<T>(packed + ((long)i * stride), stride);
            new ReadOnlySpan<T>(from, size).CopyTo(target);
            target[size..].Clear();
        }


        var rest = BlockProduct<T, TTile>.RoundUp(keys) - keys;
        new Span<T>(packed + ((long)keys * stride), checked(rest * stride)).Clear();
    }

    /// <summary>(columns, padded size) to (size, columns).</summary>
    public static void Transpose(T* packed, int columns, int size, T* transposed)
    {
        var stride = Padded(size);
        for (var d = 0; d < size; d += TileTranspose.Strip)
        {
            TileTranspose.Run(packed + d, stride, transposed + ((long)d * columns), columns, Math.Min(TileTranspose.Strip, size - d), columns);
        }
    }

    /// <summary>products (keys, columns) = keys (keys, size) · rows (size, columns), where a row sees a key.</summary>
    public static void Multiply(in VisibleKeys<T> visible, T* keys, int count, int size, T* transposedRows, T* products)
    {
        int strip = BlockProduct<T, TTile>.StripRows, stride = Padded(size), columns = visible.Columns;
        for (var key = 0; key < count; key += strip)
        {
            var height = Math.Min(strip, count - key);
            var (from, to) = visible.RowsOfKeys(key, height);
            BlockProduct<T, TTile>.Run(
                keys + ((long)key * stride), stride, 1, transposedRows + from, columns, products + (key * columns) + from, columns, height, to - from, size, accumulate: false);
        }
    }

    /// <summary>sums (columns, padded size) += weights (keys, columns)ᵀ · keys (keys, size), where a row sees a key.</summary>
    public static void AddToRows(in VisibleKeys<T> visible, T* weights, T* keys, int size, T* sums)
    {
        int strip = BlockProduct<T, TTile>.StripRows, stride = Padded(size), columns = visible.Columns;
        for (var row = 0; row < columns; row += strip)
        {
            var height = Math.Min(strip, columns - row);
            var (from, to) = visible.KeysOfRows(row, height);
            if (from == to) continue;
            BlockProduct<T, TTile>.Run(
                weights + (from * columns) + row, 1, columns, keys + ((long)from * stride), stride, sums + ((long)row * stride), stride, height, stride, to - from, accumulate: true);
        }
    }

    /// <summary>sums (keys, padded size) += weights (keys, columns) · rows (columns, size), where a row sees a key.</summary>
    public static void AddToKeys(in VisibleKeys<T> visible, T* weights, int count, T* rows, int size, T* sums)
    {
        int strip = BlockProduct<T, TTile>.StripRows, stride = Padded(size), columns = visible.Columns;
        for (var key = 0; key < count; key += strip)
        {
            var height = Math.Min(strip, count - key);
            var (from, to) = visible.RowsOfKeys(key, height);
            if (from == to) continue;
            BlockProduct<T, TTile>.Run(
                weights + (key * columns) + from, columns, 1, rows + ((long)from * stride), stride, sums + ((long)key * stride), stride, height, stride, to - from, accumulate: true);
        }
    }

    /// <summary>Sets what the rows of a vector do not see of (keys, columns) to zero, up to the micro-kernel's rows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ClearUnseen(in VisibleKeys<T> visible, int vector, int count, T* weights)
    {
        var columns = visible.Columns;
        var (from, to) = visible.KeysOfVector(vector);
        var column = weights + (vector * Vector512<T>.Count);
        for (var key = 0; key < from; key++) Vector512.Store(Vector512<T>.Zero, column + (key * columns));
        for (var key = to; key < BlockProduct<T, TTile>.RoundUp(count); key++) Vector512.Store(Vector512<T>.Zero, column + (key * columns));
    }
}
