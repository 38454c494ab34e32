using System.Runtime.InteropServices;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda.Communication;

/// <summary>
/// This process's place among those that compute together, one for each GPU. Transfers run on a stream of their own beside the computation:
/// each begins when what was asked of the device before it is done, and <see cref="Join"/> lets the computation wait for all of them.
/// </summary>
/// <remarks>Tensors in a transfer must be held until <see cref="Join"/>: their memory would serve others at once. All ranks make the same calls in the same order.</remarks>
internal sealed unsafe class Communicator : IDisposable
{
    private readonly CudaDevice _device;
    private readonly StreamHandle _stream;
    private readonly CudaEvent _ready;
    private readonly CudaEvent _done;
    private readonly Lock _gate = new();
    private readonly NcclCommunicatorHandle _handle;

    /// <summary>Joins the others; returns when all are there.</summary>
    /// <param name="device">This rank's device.</param>
    /// <param name="id">What rank 0 got from <see cref="NewId"/>.</param>
    /// <param name="rank">Which of them this is, from 0.</param>
    /// <param name="size">How many there are.</param>
    /// <exception cref="CudaException">NCCL refuses.</exception>
    /// <exception cref="DeviceException">There is no NCCL.</exception>
    public Communicator(CudaDevice device, ReadOnlySpan<byte> id, int rank, int size)
    {
        Require();
        (_device, Rank, Size) = (device, rank, size);
        device.MakeCurrent();
        var own = default(NcclId);
        id[..NcclId.Length].CopyTo(own);
        Check(NcclApi.ncclCommInitRank(out var handle, size, own, rank), 0, $"rank {rank} of {size}, joining the others");
        _handle = new(handle);
        CudaException.Check(DriverApi.cuStreamCreate(out var stream, 1), "making a stream");
        _stream = new(stream, device);
        _ready = new(device);
        _done = new(device);
    }

    /// <summary>Which of the processes this is, from 0.</summary>
    public int Rank { get; }

    /// <summary>How many there are.</summary>
    public int Size { get; }

    /// <summary>NCCL's version, such as 2.28.3.</summary>
    public static string Version
    {
        get
        {
            Require();
            return NcclApi.ncclGetVersion(out var version) == 0 ? $"{version / 10000}.{version / 100 % 100}.{version % 100}" : "unknown";
        }
    }

    /// <summary>What the ranks of a new communicator must have in common; rank 0 makes it and gives it to the others.</summary>
    public static byte[] NewId()
    {
        Require();
        Check(NcclApi.ncclGetUniqueId(out var id), 0, "making an id");
        ReadOnlySpan<byte> bytes = id;
        return bytes.ToArray();
    }

    /// <summary>Replaces a tensor by the sum or mean over all ranks.</summary>
    public void AllReduce(Tensor tensor, bool average = false) => Transfer(
        NcclApi.ncclAllReduce(Pointer(tensor), Pointer(tensor), (nuint)tensor.Count, Type(tensor), Reduction(average), Begin(tensor), _stream.Value), "an all-reduce");

    /// <summary>Copies one rank's tensor into all ranks'.</summary>
    public void Broadcast(Tensor tensor, int root) => Transfer(
        NcclApi.ncclBroadcast(Pointer(tensor), Pointer(tensor), (nuint)tensor.Count, Type(tensor), root, Begin(tensor), _stream.Value), "a broadcast");

    /// <summary>Makes one transfer of those that an action asks for.</summary>
    public void Group(Action action)
    {
        Check(NcclApi.ncclGroupStart(), "beginning a group");
        try
        {
            action();
        }
        finally
        {
            Check(NcclApi.ncclGroupEnd(), "ending a group");
        }

        _done.Record(_stream.Value);
    }

    /// <summary>Lets what is asked of the device from now on wait for the transfers so far.</summary>
    public void Join() => _done.MakeWait(_device.Stream);

    /// <summary>What NCCL has seen go wrong since, such as a broken link to another rank; null where nothing has. For any thread.</summary>
    public string? FindError()
    {
        const int InProgress = 7;
        lock (_gate)
        {
            if (_handle.IsClosed) return null;
            var code = NcclApi.ncclCommGetAsyncError(_handle.Value, out var error);
            return code == 0 && error is 0 or InProgress ? null : ErrorText(code != 0 ? code : error, _handle.Value);
        }
    }

    /// <summary>Ends what is in flight without the others.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            _handle.IsAborted = true;
            _handle.Dispose();
        }
    }

    public void Dispose()
    {
        lock (_gate) _handle.Dispose();
        _ready.Dispose();
        _done.Dispose();
        _stream.Dispose();
    }

    private static NcclReduction Reduction(bool average) => average ? NcclReduction.Average : NcclReduction.Sum;

    private static NcclType Type(Tensor tensor) => tensor.DType switch
    {
        DType.Float32 => NcclType.Float32,
        DType.Float64 => NcclType.Float64,
        DType.BFloat16 => NcclType.BFloat16,
        DType.Int32 => NcclType.Int32,
        _ => NcclType.Int64,
    };

    private static void* Pointer(Tensor tensor) => (void*)tensor.Address();

    private static void Require()
    {
        if (CudaLibraries.Nccl.Handle == 0) throw new DeviceException(CudaLibraries.Nccl.Report);
    }

    private static string ErrorText(int code, nint communicator)
    {
        var text = Marshal.PtrToStringUTF8((nint)NcclApi.ncclGetErrorString(code)) ?? $"error {code}";
        var last = Marshal.PtrToStringUTF8((nint)NcclApi.ncclGetLastError(communicator));
        return string.IsNullOrWhiteSpace(last) ? $"NCCL: {text}" : $"NCCL: {text}: {last.Trim().ReplaceLineEndings(" ")}";
    }

    private static void Check(int code, nint communicator, string what)
    {
        if (code != 0) throw new CudaException($"{what}: {ErrorText(code, communicator)}");
    }

    private void Check(int code, string what) => Check(code, _handle.Value, $"rank {Rank} of {Size}, {what}");

    // The transfer reads what the computation has written before.
    private nint Begin(Tensor tensor)
    {
        if (tensor.Device != _device.Device) throw new InvalidOperationException($"a transfer of cuda:{_device.Index} was given {tensor}");
        if (_handle.IsAborted) throw new CudaException($"rank {Rank} of {Size} has left the others after an error");
        _device.MakeCurrent();
        _ready.Record();
        _ready.MakeWait(_stream.Value);
        return _handle.Value;
    }

    private void Transfer(int code, string what)
    {
        Check(code, what);
        _done.Record(_stream.Value);
    }
}
