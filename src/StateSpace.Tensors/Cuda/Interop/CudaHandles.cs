using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cuda.Interop;

/// <summary>A handle of the driver, of the compiler or of NCCL that is given back when it is disposed or forgotten.</summary>
internal abstract class CudaHandle : SafeHandle
{
    protected CudaHandle(nint value)
        : base(0, ownsHandle: true) => SetHandle(value);

    public override bool IsInvalid => handle == 0;

    /// <summary>The raw handle, valid while this object is held; for the calls that must be cheap.</summary>
    public nint Value => handle;
}

/// <summary>The primary context of a device: the one that all libraries in the process share.</summary>
internal sealed class PrimaryContextHandle(nint value, int device) : CudaHandle(value)
{
    protected override bool ReleaseHandle() => DriverApi.cuDevicePrimaryCtxRelease_v2(device) == 0;
}

/// <summary>A handle that lives in a device's context.</summary>
internal abstract class DeviceHandle(nint value, CudaDevice device) : CudaHandle(value)
{
    protected abstract int Free(nint value);

    // The finalizer's thread has no current context.
    protected override bool ReleaseHandle()
    {
        device.MakeCurrent();
        return Free(handle) == 0;
    }
}

internal sealed class StreamHandle(nint value, CudaDevice device) : DeviceHandle(value, device)
{
    protected override int Free(nint value) => DriverApi.cuStreamDestroy_v2(value);
}

internal sealed class EventHandle(nint value, CudaDevice device) : DeviceHandle(value, device)
{
    protected override int Free(nint value) => DriverApi.cuEventDestroy_v2(value);
}

internal sealed class KernelModuleHandle(nint value, CudaDevice device) : DeviceHandle(value, device)
{
    protected override int Free(nint value) => DriverApi.cuModuleUnload(value);
}

internal sealed class GraphHandle(nint value, CudaDevice device) : DeviceHandle(value, device)
{
    protected override int Free(nint value) => DriverApi.cuGraphDestroy(value);
}

internal sealed class GraphExecutableHandle(nint value, CudaDevice device) : DeviceHandle(value, device)
{
    protected override int Free(nint value) => DriverApi.cuGraphExecDestroy(value);
}

/// <summary>Host memory that is locked in place, so that a device reads and writes it without a copy by the driver.</summary>
internal sealed unsafe class PinnedMemoryHandle(nint value, CudaDevice device) : DeviceHandle(value, device)
{
    public byte* Pointer => (byte*)Value;

    protected override int Free(nint value) => DriverApi.cuMemFreeHost((byte*)value);
}

/// <summary>A program of the run-time compiler.</summary>
internal sealed class NvrtcProgramHandle(nint value) : CudaHandle(value)
{
    protected override bool ReleaseHandle() => NvrtcApi.nvrtcDestroyProgram(ref handle) == 0;
}

/// <summary>A rank's place in a communicator of NCCL.</summary>
internal sealed class NcclCommunicatorHandle(nint value) : CudaHandle(value)
{
    /// <summary>Whether to leave without the others.</summary>
    public bool IsAborted { get; set; }

    protected override bool ReleaseHandle() => (IsAborted ? NcclApi.ncclCommAbort(handle) : NcclApi.ncclCommDestroy(handle)) == 0;
}
