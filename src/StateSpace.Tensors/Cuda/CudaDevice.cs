using System.Diagnostics.CodeAnalysis;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Cuda;

/// <summary>A GPU.</summary>
internal sealed unsafe class CudaDevice
{
    /// <summary>The GPU that a device names.</summary>
    public static CudaDevice Of(Device device) =>
        TryCreate(device.Index, out var found, out var reason) ? found : throw new DeviceException($"{device}: {reason}");

    /// <summary>Finds a GPU, or says in one line why it cannot be used.</summary>
    public static bool TryCreate(int index, [NotNullWhen(true)] out CudaDevice? device, [NotNullWhen(false)] out string? reason)
    {
        (device, reason) = (null, "there are no CUDA kernels in this build");
        return false;
    }

    /// <summary>A buffer of at least so many bytes with one reference, contents undefined.</summary>
    public Storage Rent(long bytes) => throw new DeviceException("no GPU");

    /// <summary>Sets bytes to a value.</summary>
    public void Fill(ulong address, byte value, long bytes) => throw new DeviceException("no GPU");

    /// <summary>Copies from the CPU's memory; the source may be changed at once afterwards.</summary>
    public void CopyToDevice(byte* source, ulong target, long bytes) => throw new DeviceException("no GPU");

    /// <summary>Copies to the CPU's memory, when all that was asked before is done.</summary>
    public void CopyToHost(ulong source, byte* target, long bytes) => throw new DeviceException("no GPU");

    /// <summary>Copies within the GPU's memory.</summary>
    public void Copy(ulong source, ulong target, long bytes) => throw new DeviceException("no GPU");
}
