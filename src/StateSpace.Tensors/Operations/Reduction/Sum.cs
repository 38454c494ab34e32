using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>Sum over adjacent axes. The order of the additions depends on the shape alone. On a GPU BFloat16 may be summed into Float32.</summary>
internal sealed class Sum(int from, int to, bool keep, DType? dtype = null) : Operation
{
    /// <summary>Terms that are summed before partial sums are (along a row, in double): bounds the rounding error and makes the parallel pieces.</summary>
    private const long Chunk = 512;

    /// <summary>Columns that one piece handles where the reduced axis is not the last.</summary>
    private const long ColumnBlock = 2048;

    public override Saved Saves => Saved.Nothing;

    /// <summary>Sums axes <paramref name="from"/> … <paramref name="to"/> − 1; they vanish, or stay with size 1.</summary>
    /// <param name="x">Input.</param>
    /// <param name="from">First axis.</param>
    /// <param name="to">The axis after the last.</param>
    /// <param name="keep">Whether the axes stay.</param>
    /// <param name="dtype">Type of the sums where it is not x's.</param>
    public static Tensor Apply(Tensor x, int from, int to, bool keep, DType? dtype = null) => new Sum(from, to, keep, dtype).RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        var shape = step.InputShape(0);
        var kept = shape.ToArray();
        Array.Fill(kept, 1, from, to - from);
        step.Give(0, step.OutputGradient(0).Convert(step.InputDType(0)).Reshape(kept).BroadcastTo(shape));
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(x.DType.IsFloating(), $"needs floating-point elements, not {x}");
        Require(dtype is null || dtype == x.DType || (!x.Device.IsCpu && dtype.Value.IsFloating()), $"sums of {x} cannot be {dtype}");
        var sizes = x.Shape.ToArray();
        long[] middle = keep ? [.. Enumerable.Repeat(1L, to - from)] : [];
        return [Tensor.Empty([.. sizes[..from], .. middle, .. sizes[to..]], dtype ?? x.DType, x.Device)];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) Kernel<float>(inputs[0], outputs[0]);
        else Kernel<double>(inputs[0], outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ReductionCuda.Sum(inputs[0], ReductionLayout.Over(inputs[0].Shape, from, to), outputs[0]);

    private unsafe void Kernel<T>(Tensor x, Tensor y)
        where T : unmanaged, INumber<T>
    {
        var layout = ReductionLayout.Over(x.Shape, from, to);
        T* source = x.Pointer<T>(), target = y.Pointer<T>();
        if (layout.Length == 0) y.Clear();
        else if (layout.Inner == 1) Rows(source, target, layout);
        else Columns(source, target, layout);
    }

    private static unsafe void Rows<T>(T* source, T* target, ReductionLayout layout)
        where T : unmanaged, INumber<T>
    {
        var rowsPerBlock = Math.Max(1, 8 * Chunk / layout.Length);
        if (layout.Outer >= 2 * rowsPerBlock || layout.Length <= 32 * Chunk)
        {
            CpuTeam.ForBlocks(layout.Outer, rowsPerBlock, (start, end) =>
            {
                for (var row = start; row < end; row++) target[row] = SumRow(source + (row * layout.Length), layout.Length);
            });
            return;
        }

        // A few long rows: the pieces of each are summed in parallel.
        var pieces = (layout.Length + (32 * Chunk) - 1) / (32 * Chunk);
        var scratch = MemoryPool.Rent(layout.Outer * pieces * sizeof(T));
        var partial = (T*)scratch.Pointer;
        CpuTeam.For(checked((int)(layout.Outer * pieces)), index =>
        {
            var (row, piece) = (index / pieces, index % pieces);
            var start = piece * 32 * Chunk;
            partial[index] = SumRow(source + (row * layout.Length) + start, Math.Min(32 * Chunk, layout.Length - start));
        });
        for (long row = 0; row < layout.Outer; row++) target[row] = SumRow(partial + (row * pieces), pieces);
        scratch.Release();
    }

    private static unsafe T SumRow<T>(T* row, long length)
        where T : unmanaged, INumber<T>
    {
        var sum = 0.0;
        for (long start = 0; start < length; start += Chunk)
        {
            sum += double.CreateTruncating(TensorPrimitives.Sum(new ReadOnlySpan<T>(row + start, (int)Math.Min(Chunk, length - start))));
        }

        return T.CreateTruncating(sum);
    }

    private static unsafe void Columns<T>(T* source, T* target, ReductionLayout layout)
        where T : unmanaged, INumber<T>
    {
        var chunks = (layout.Length + Chunk - 1) / Chunk;
        var blocks = (layout.Inner + ColumnBlock - 1) / ColumnBlock;
        var scratch = chunks == 1 ? null : MemoryPool.Rent(layout.Outer * chunks * layout.Inner * sizeof(T));
        var partial = scratch is null ? target : (T*)scratch.Pointer;
        CpuTeam.For(checked((int)(layout.Outer * chunks * blocks)), index =>
        {
            var (piece, block) = (index / blocks, index % blocks);
            var (outer, chunk) = (piece / chunks, piece % chunks);
            var column = block * ColumnBlock;
            var width = (int)Math.Min(ColumnBlock, layout.Inner - column);
            var first = chunk * Chunk;
            var rows = Math.Min(Chunk, layout.Length - first);
            var from = source + (((outer * layout.Length) + first) * layout.Inner) + column;
            AddRows(from, layout.Inner, rows, new Span<T>(partial + (piece * layout.Inner) + column, width));
        });
        if (scratch is null) return;
        for (long outer = 0; outer < layout.Outer; outer++)
        {
            AddRows(partial + (outer * chunks * layout.Inner), layout.Inner, chunks, new Span<T>(target + (outer * layout.Inner), checked((int)layout.Inner)));
        }

        scratch.Release();
    }

    private static unsafe void AddRows<T>(T* first, long stride, long rows, Span<T> sum)
        where T : unmanaged, INumber<T>
    {
        new ReadOnlySpan<T>(first, sum.Length).CopyTo(sum);
        for (long row = 1; row < rows; row++) TensorPrimitives.Add(sum, new ReadOnlySpan<T>(first + (row * stride), sum.Length), sum);
    }
}
