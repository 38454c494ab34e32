using System.Diagnostics.CodeAnalysis;
using StateSpace.Tensors.Cuda.Interop;
using StateSpace.Tensors.Operations.Indexing;

namespace StateSpace.Tensors.Cuda;

/// <summary>
/// Bad index values that kernels of a device met (<c>check.cuh</c>). A kernel does not use such a value, and leaves it in a record in host
/// memory, which is looked at whenever the host has waited for the device.
/// </summary>
/// <example><code>
/// var check = CudaDevice.Of(x.Device).Check;
/// kernel.Launch(grid, 256, x, index, y, check.Record, check.Site(Name, "index", index.Shape, limit));
/// </code></example>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "it lives as long as its device, and that as long as the process")]
internal sealed unsafe class DeviceCheck
{
    /// <summary>Different checks that are told apart; those that follow are reported without their names.</summary>
    private const int MostSites = 1 << 16;

    // Fields of CheckRecord in check.cuh, eight bytes each.
    private const int SiteField = 1;
    private const int PositionField = 2;
    private const int ValueField = 3;
    private const int RecordLength = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<Checked, ulong> _numbers = [];
    private readonly List<Checked> _sites = [];
    private readonly PinnedMemoryHandle _memory;

    public DeviceCheck(CudaDevice device)
    {
        const uint Mapped = 3;
        device.MakeCurrent();
        CudaException.Check(DriverApi.cuMemHostAlloc(out var pointer, RecordLength * sizeof(long), Mapped), "allocating pinned host memory");
        new Span<long>(pointer, RecordLength).Clear();
        _memory = new((nint)pointer, device);
    }

    /// <summary>The kernels' <c>CheckRecord*</c>.</summary>
    public KernelArgument Record => (ulong)_memory.Pointer;

    /// <summary>The kernels' <c>u64 site</c>: a number for what they check, the same for each launch of one shape, so that it may lie in a graph.</summary>
    /// <param name="operation">Operation to name in the error.</param>
    /// <param name="name">What the values are.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="limit">What they must be less than.</param>
    /// <param name="ignore">A value that is allowed besides.</param>
    public ulong Site(string operation, string name, Shape shape, long limit, long? ignore = null)
    {
        var site = new Checked(operation, name, shape, limit, ignore);
        lock (_gate)
        {
            if (_numbers.TryGetValue(site, out var number)) return number;
            if (_sites.Count == MostSites) return MostSites + 1;
            _sites.Add(site);
            return _numbers[site] = (ulong)_sites.Count;
        }
    }

    /// <summary>Throws for a bad value that a kernel met; the stream must be idle. The next call finds nothing.</summary>
    /// <exception cref="IndexValueException">There is one.</exception>
    public void ThrowIfFound()
    {
        var record = new Span<long>(_memory.Pointer, RecordLength);
        if (Volatile.Read(ref record[SiteField]) != 0) Throw(record);
    }

    private void Throw(Span<long> record)
    {
        var (number, position, value) = (record[SiteField], record[PositionField], record[ValueField]);
        record.Clear();
        if (number > MostSites) throw new IndexValueException("an operation on a GPU", $"the index at {position} is {value}, out of range");
        Checked site;
        lock (_gate) site = _sites[(int)number - 1];
        throw IndexInput.OutOfRange(site.Operation, site.Name, site.Shape, position, value, site.Limit, site.Ignore);
    }

    private readonly record struct Checked(string Operation, string Name, Shape Shape, long Limit, long? Ignore);
}
