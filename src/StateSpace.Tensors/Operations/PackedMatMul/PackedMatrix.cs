using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>
/// A weight matrix (rows = outputs, columns = inputs) in a storage type for inference. <see cref="PackedMatMul"/> multiplies with it and
/// <see cref="PackedEmbedding"/> looks rows up; nothing ever unpacks all of it. It has no gradient.
/// </summary>
/// <remarks>
/// Layout: float32 and bf16 row-major without gaps, so that they may lie in a file's pages; int8 row-major, followed by the scales as bf16, (rows, ⌈columns / 64⌉)
/// row-major. The memory is released by <see cref="Dispose"/>.
/// </remarks>
public sealed unsafe class PackedMatrix : IDisposable
{
    private readonly Storage? _own;
    private readonly IDisposable? _owner;
    private readonly byte* _values;
    private Tensor? _onDevice;
    private bool _disposed;

    private PackedMatrix(WeightStorage storage, long rows, long columns, byte* values, ushort* scales, Storage? own, IDisposable? owner)
    {
        (Storage, Rows, Columns) = (storage, rows, columns);
        Scales = scales;
        _values = values;
        (_own, _owner) = (own, owner);
    }

    /// <summary>Storage type.</summary>
    public WeightStorage Storage { get; }

    /// <summary>Rows: outputs of a linear map, tokens of an embedding.</summary>
    public long Rows { get; }

    /// <summary>Columns: inputs of a linear map.</summary>
    public long Columns { get; }

    /// <summary>Memory that a product reads, in bytes.</summary>
    public long Bytes => Size(Storage, Rows, Columns);

    /// <summary>First byte of the values.</summary>
    internal byte* Values => _disposed ? throw new ObjectDisposedException(nameof(PackedMatrix)) : _values;

    /// <summary>Scales of int8 as bf16, one row of <see cref="Int8Blocks.Count"/> after another; null for the other types.</summary>
    internal ushort* Scales { get; }

    /// <summary>Where the scales of int8 begin in the packed bytes.</summary>
    internal long ScalesOffset => ScalesStart(Storage, Rows, Columns);

    /// <summary>Bytes of one row's values.</summary>
    internal long RowBytes => Columns * Size(Storage);

    /// <summary>Packs a matrix. Float32 shares the tensor's memory; the others copy.</summary>
    /// <param name="weight">The matrix, (rows, columns) of float32 or float64; float64 is rounded to float32 first.</param>
    /// <param name="storage">Storage type.</param>
    /// <exception cref="ShapeException">It is no matrix of floating-point numbers.</exception>
    /// <exception cref="ArgumentException">A number is infinite or NaN, which int8 cannot hold.</exception>
    public static PackedMatrix From(Tensor weight, WeightStorage storage)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ShapeException.Require(weight.Rank == 2 && weight.DType.IsFloating(), nameof(PackedMatrix), $"the weight must be (rows, columns) of floating-point numbers, not {weight}");
        using var scope = new TensorScope();
        var source = weight.Detach().To(Device.Cpu).Convert(DType.Float32);
        var (rows, columns) = (weight.Shape[0], weight.Shape[1]);
        if (storage == WeightStorage.Float32)
        {
            Tensor shared;
            using (TensorScope.Suspend()) shared = source.Alias(source.Shape);
            return new(storage, rows, columns, shared.Bytes(), null, null, shared);
        }

        var memory = MemoryPool.Rent(ScalesStart(storage, rows, columns) + (storage == WeightStorage.Int8 ? rows * Int8Blocks.Count(columns) * sizeof(ushort) : 0));
        var scales = storage == WeightStorage.Int8 ? (ushort*)(memory.Pointer + ScalesStart(storage, rows, columns)) : null;
        var packed = new PackedMatrix(storage, rows, columns, memory.Pointer, scales, memory, null);
        try
        {
            packed.Fill(source.Pointer<float>());
        }
        catch
        {
            packed.Dispose();
            throw;
        }

        return packed;
    }

    /// <summary>The matrix in float32: exactly the numbers that products use.</summary>
    /// <returns>(rows, columns).</returns>
    public Tensor ToTensor()
    {
        var tensor = Tensor.Empty([Rows, Columns]);
        Unpack(0, Rows, tensor.Pointer<float>());
        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _own?.Release();
        _owner?.Dispose();
        _onDevice?.Dispose();
    }

    /// <summary>Storage type and sizes: <c>BFloat16 (768, 1536)</c>.</summary>
    public override string ToString() => $"{Storage} ({Rows}, {Columns})";

    /// <summary>A matrix over bf16 numbers that lie elsewhere, row-major, such as in the pages of a mapped file.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="values">First number, aligned to 2 bytes; valid until <paramref name="owner"/> is disposed.</param>
    /// <param name="owner">Holds the memory; disposed with the matrix.</param>
    internal static PackedMatrix OverBFloat16(long rows, long columns, ushort* values, IDisposable owner) =>
        new(WeightStorage.BFloat16, rows, columns, (byte*)values, null, null, owner);

    /// <summary>The packed bytes on a GPU, as words; copied there once.</summary>
    internal Tensor On(Device device)
    {
        if (_onDevice?.Device == device) return _onDevice;
        using var unscoped = TensorScope.Suspend();
        _onDevice?.Dispose();
        var bytes = Storage == WeightStorage.Int8 ? ScalesOffset + (Rows * Int8Blocks.Count(Columns) * sizeof(ushort)) : Rows * RowBytes;
        _onDevice = Tensor.Empty([(bytes + 3) / 4], DType.Int32, device);
        if (bytes > 0) CudaDevice.Of(device).CopyToDevice(Values, _onDevice.Address(), bytes);
        return _onDevice;
    }

    /// <summary>Writes some rows as float32.</summary>
    internal void Unpack(long start, long count, float* target)
    {
        // The pieces are cut by size alone; each is a copy, so any cut gives the same bits.
        CpuTeam.ForBlocks(count, Math.Max(1, (1 << 15) / Math.Max(1, Columns)), (from, to) =>
        {
            for (var row = from; row < to; row++) UnpackRow(start + row, target + (row * Columns));
        });
    }

    /// <summary>Writes one row as float32.</summary>
    internal void UnpackRow(long row, float* target)
    {
        var source = Values + (row * RowBytes);
        switch (Storage)
        {
            case WeightStorage.Float32: Buffer.MemoryCopy(source, target, RowBytes, RowBytes); break;
            case WeightStorage.BFloat16: BrainFloats.Widen((ushort*)source, Columns, target); break;
            default: Int8Blocks.Unpack((sbyte*)source, Scales + (row * Int8Blocks.Count(Columns)), Columns, target); break;
        }
    }

    private static int Size(WeightStorage storage) => storage switch
    {
        WeightStorage.Float32 => sizeof(float),
        WeightStorage.BFloat16 => sizeof(ushort),
        _ => sizeof(sbyte),
    };

    private static long Size(WeightStorage storage, long rows, long columns) =>
        (rows * columns * Size(storage)) + (storage == WeightStorage.Int8 ? rows * Int8Blocks.Count(columns) * sizeof(ushort) : 0);

    private static long ScalesStart(WeightStorage storage, long rows, long columns) => checked((rows * columns * Size(storage)) + 63) / 64 * 64;

    private void Fill(float* source)
    {
        CpuTeam.ForBlocks(Rows, Math.Max(1, (1 << 15) / Math.Max(1, Columns)), (from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                var values = source + (row * Columns);
                var target = _values + (row * RowBytes);
                if (Storage == WeightStorage.BFloat16) BrainFloats.Narrow(values, Columns, (ushort*)target);
                else Int8Blocks.Pack(values, Columns, (sbyte*)target, Scales + (row * Int8Blocks.Count(Columns)));
            }
        });
        if (Storage == WeightStorage.Int8) RequireFinite(source);
    }

    private void RequireFinite(float* source)
    {
        for (long i = 0; i < Rows * Columns; i++)
        {
            if (!float.IsFinite(source[i])) throw new ArgumentException($"the weight at ({i / Columns}, {i % Columns}) is {source[i]}, which int8 cannot hold; use bf16 or fp32");
        }
    }
}
