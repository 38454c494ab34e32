using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using StateSpace.Tensors.Cuda.Allocation;
using StateSpace.Tensors.Cuda.Interop;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Cuda;

/// <summary>
/// An NVIDIA GPU in use by this process: its primary context, one stream on which everything computes, its memory and its kernels. Made on
/// first use; lives as long as the process.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "a device lives as long as the process")]
internal sealed unsafe class CudaDevice
{
    // The first with bfloat16 conversions and asynchronous copies.
    private const int OldestCapability = 80;

    private const string NothingShown = "the NVIDIA driver shows no device; CUDA_VISIBLE_DEVICES may hide them";

    private static readonly Lock Gate = new();
    private static readonly Lazy<(int Count, string? Problem)> Driver = new(StartDriver);
    private static CudaDevice?[] _devices = [];

    [ThreadStatic]
    private static CudaDevice? _current;

    /// <summary>The device of which this thread captures a graph.</summary>
    [ThreadStatic]
    private static CudaDevice? _captured;

    private readonly PrimaryContextHandle _context;
    private readonly StreamHandle _stream;
    private readonly StreamHandle _captureStream;

    private CudaDevice(int index)
    {
        Index = index;
        CudaException.Check(DriverApi.cuDeviceGet(out var handle, index), $"opening cuda:{index}");
        Handle = handle;
        Name = ReadName(handle);
        CudaException.Check(DriverApi.cuDeviceTotalMem_v2(out var bytes, handle), "reading the size of the memory");
        MemoryBytes = (long)bytes;
        ComputeCapability = (Attribute(DeviceAttribute.ComputeCapabilityMajor), Attribute(DeviceAttribute.ComputeCapabilityMinor));
        if (Capability < OldestCapability) throw new CudaException($"{Name} has compute capability {Capability / 10}.{Capability % 10}; kernels need {OldestCapability / 10}.{OldestCapability % 10} (Ampere) or newer");
        Multiprocessors = Attribute(DeviceAttribute.MultiprocessorCount);
        SharedMemoryPerBlock = Attribute(DeviceAttribute.MaxSharedMemoryPerBlockOptin);
        SharedMemoryPerMultiprocessor = Attribute(DeviceAttribute.MaxSharedMemoryPerMultiprocessor);
        ThreadsPerMultiprocessor = Attribute(DeviceAttribute.MaxThreadsPerMultiprocessor);
        L2Bytes = Attribute(DeviceAttribute.L2CacheSize);
        CudaException.Check(DriverApi.cuDevicePrimaryCtxRetain(out var context, handle), $"making a context on cuda:{index} ({Name})");
        _context = new(context, handle);
        MakeCurrent();
        _stream = MakeStream();
        _captureStream = MakeStream();
        Memory = new(this);
        Transfers = new(this);
        Kernels = new(this);
        Check = new(this);
    }

    /// <summary>Devices that this process sees; 0 without a driver.</summary>
    public static int Count => Driver.Value.Count;

    /// <summary>Which of several, from 0.</summary>
    public int Index { get; }

    /// <summary>As tensors name it.</summary>
    public Device Device => new(DeviceKind.Cuda, Index);

    /// <summary>NVIDIA H100 80GB HBM3 and the like.</summary>
    public string Name { get; }

    /// <summary>9 and 0 for Hopper.</summary>
    public (int Major, int Minor) ComputeCapability { get; }

    /// <summary>As the compiler numbers it: 90 is compute capability 9.0.</summary>
    public int Capability => (ComputeCapability.Major * 10) + ComputeCapability.Minor;

    /// <summary>Streaming multiprocessors.</summary>
    public int Multiprocessors { get; }

    /// <summary>Most shared memory that one block can have, in bytes.</summary>
    public int SharedMemoryPerBlock { get; }

    /// <summary>Shared memory of a multiprocessor, in bytes.</summary>
    public int SharedMemoryPerMultiprocessor { get; }

    /// <summary>Most threads that a multiprocessor holds.</summary>
    public int ThreadsPerMultiprocessor { get; }

    /// <summary>Second-level cache, in bytes.</summary>
    public int L2Bytes { get; }

    /// <summary>Memory, in bytes.</summary>
    public long MemoryBytes { get; }

    /// <summary>The stream of all computation, as the driver knows it; for a thread that captures a graph, the one that is recorded.</summary>
    public nint Stream => IsCapturing ? _captureStream.Value : _stream.Value;

    /// <summary>Whether what this thread asks of the device is recorded into a graph instead of done. Other threads go on meanwhile.</summary>
    public bool IsCapturing
    {
        get => ReferenceEquals(_captured, this);
        internal set => _captured = value ? this : null;
    }

    /// <summary>
    /// Held by a thread while it starts kernels that share scratch memory of the device, such as a matrix product's, so that no other thread's come
    /// between them; a captured graph, which may hold such kernels, is started under it too.
    /// </summary>
    public Lock Sequence { get; } = new();

    /// <summary>Memory for tensors.</summary>
    public CudaMemory Memory { get; }

    /// <summary>Bad index values that kernels met.</summary>
    public DeviceCheck Check { get; }

    /// <summary>Copies between host and device.</summary>
    public CudaTransfers Transfers { get; }

    /// <summary>Loaded kernels.</summary>
    internal KernelTable Kernels { get; }

    /// <summary>The driver's number of the device.</summary>
    internal int Handle { get; }

    /// <summary>The device that holds a tensor.</summary>
    /// <exception cref="DeviceException">There is none of that number, or no usable GPU at all.</exception>
    public static CudaDevice Of(Device device)
    {
        if (device.IsCpu) throw new InvalidOperationException($"{device} is no GPU");
        var devices = _devices;
        if ((uint)device.Index < (uint)devices.Length && devices[device.Index] is { } ready) return ready;
        return TryCreate(device.Index, out var made, out var reason) ? made : throw new DeviceException($"{device}: {reason}");
    }

    /// <summary>Opens a device, or says on one line why it cannot be used.</summary>
    public static bool TryCreate(int index, [NotNullWhen(true)] out CudaDevice? device, [NotNullWhen(false)] out string? reason)
    {
        device = null;
        var (count, problem) = Driver.Value;
        if (problem is null && (index < 0 || index >= count)) problem = $"the driver shows {count} {(count == 1 ? "device" : "devices")}, none of number {index}";
        if (problem is null && CudaLibraries.Nvrtc.Handle == 0) problem = CudaLibraries.Nvrtc.Report;
        reason = problem;
        if (reason is not null) return false;
        lock (Gate)
        {
            if (_devices.Length < count) Array.Resize(ref _devices, count);
            try
            {
                device = _devices[index] ??= new(index);
                return true;
            }
            catch (CudaException exception)
            {
                reason = exception.Message;
                return false;
            }
        }
    }

    /// <summary>A buffer of at least so many bytes with one reference, contents undefined.</summary>
    public Storage Rent(long bytes) => Memory.Rent(bytes);

    /// <summary>Sets bytes to a value.</summary>
    public void Fill(ulong address, byte value, long bytes) => Transfers.FillBytes((byte*)address, value, bytes);

    /// <summary>Copies from the CPU's memory; the source may be changed at once afterwards.</summary>
    public void CopyToDevice(byte* source, ulong target, long bytes) => Transfers.ToDevice((byte*)target, source, bytes);

    /// <summary>Copies to the CPU's memory, when all that was asked before is done.</summary>
    public void CopyToHost(ulong source, byte* target, long bytes) => Transfers.ToHost(target, (byte*)source, bytes);

    /// <summary>Copies within the GPU's memory.</summary>
    public void Copy(ulong source, ulong target, long bytes) => Transfers.Within((byte*)target, (byte*)source, bytes);

    /// <summary>Waits until everything that was asked of the device is done.</summary>
    /// <exception cref="CudaException">Something failed meanwhile.</exception>
    /// <exception cref="IndexValueException">A kernel met a bad index value.</exception>
    public void Synchronize()
    {
        MakeCurrent();
        CudaException.Check(DriverApi.cuStreamSynchronize(Stream), $"waiting for cuda:{Index}");
        Check.ThrowIfFound();
    }

    /// <summary>What holds the device's memory, in lines.</summary>
    public string MemoryReport() => Memory.Report();

    /// <summary>Makes this the device that the calling thread's driver calls mean.</summary>
    public void MakeCurrent()
    {
        if (!ReferenceEquals(_current, this)) SetCurrent();
    }

    /// <summary>Floating-point operations per second at the highest clock, dense: multiply and add count as two.</summary>
    /// <remarks>
    /// Per multiprocessor and clock: tensor cores in bf16 by NVIDIA's architecture white papers (A100: 1024 multiply-adds, H100: 2048); fp32 lanes of
    /// the programming guide's table of throughputs; fp64 half of fp32 on 8.0 and 9.0, else a sixty-fourth.
    /// </remarks>
    /// <param name="dtype">Type that is multiplied.</param>
    public double PeakOperations(DType dtype)
    {
        var lanes = Capability is 80 or 75 or 70 ? 64 : 128;
        var multiplyAdds = dtype switch
        {
            DType.BFloat16 => Capability switch { >= 90 => 2048, 80 => 1024, _ => 512 },
            DType.Float64 => Capability is 80 or 90 ? lanes / 2 : lanes / 64,
            _ => lanes,
        };
        return 2.0 * multiplyAdds * Multiprocessors * 1e3 * Attribute(DeviceAttribute.ClockRate);
    }

    /// <summary>An attribute of the device.</summary>
    public int Attribute(DeviceAttribute attribute)
    {
        CudaException.Check(DriverApi.cuDeviceGetAttribute(out var value, attribute, Handle), $"reading {attribute} of cuda:{Index}");
        return value;
    }

    public override string ToString() => $"cuda:{Index} ({Name})";

    private static string ReadName(int handle)
    {
        const int Length = 256;
        var text = stackalloc byte[Length];
        CudaException.Check(DriverApi.cuDeviceGetName(text, Length, handle), "reading the name of the device");
        return Marshal.PtrToStringUTF8((nint)text) ?? "";
    }

    private static (int Count, string? Problem) StartDriver()
    {
        if (CudaLibraries.Driver.Handle == 0) return (0, CudaLibraries.Driver.Report);
        if (CudaLibraries.DriverVersion < CudaLibraries.OldestDriver)
            return (0, $"the NVIDIA driver brings CUDA {CudaLibraries.VersionText(CudaLibraries.DriverVersion)}, older than {CudaLibraries.VersionText(CudaLibraries.OldestDriver)}; update it");
        var code = DriverApi.cuInit(0);
        const int NoDevice = 100;
        if (code == NoDevice) return (0, NothingShown);
        if (code != 0) return (0, $"the NVIDIA driver does not start: {CudaException.Describe(code)}");
        code = DriverApi.cuDeviceGetCount(out var count);
        if (code != 0) return (0, $"the NVIDIA driver does not tell its devices: {CudaException.Describe(code)}");
        return count > 0 ? (count, null) : (0, NothingShown);
    }

    private StreamHandle MakeStream()
    {
        CudaException.Check(DriverApi.cuStreamCreate(out var stream, 1), "making a stream");
        return new(stream, this);
    }

    private void SetCurrent()
    {
        CudaException.Check(DriverApi.cuCtxSetCurrent(_context.Value), $"using cuda:{Index}");
        _current = this;
    }
}
