using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Memory;

/// <summary>Memory of GPUs, as tensors use it.</summary>
internal static unsafe class DeviceMemory
{
    /// <summary>A buffer of at least <paramref name="bytes"/> with one reference, contents undefined.</summary>
    public static Storage Rent(Device device, long bytes) => CudaDevice.Of(device).Rent(bytes);

    /// <summary>Sets a tensor's bytes to zero.</summary>
    public static void Clear(Tensor tensor) => CudaDevice.Of(tensor.Device).Fill(tensor.Address(), 0, Bytes(tensor));

    /// <summary>Copies between tensors of one shape and type, at least one of which lies on a GPU. A copy to the CPU waits for it.</summary>
    public static void Copy(Tensor source, Tensor target)
    {
        if (source.Device.IsCpu) CudaDevice.Of(target.Device).CopyToDevice(source.Bytes(), target.Address(), Bytes(source));
        else if (target.Device.IsCpu) CudaDevice.Of(source.Device).CopyToHost(source.Address(), target.Bytes(), Bytes(source));
        else if (source.Device == target.Device) CudaDevice.Of(source.Device).Copy(source.Address(), target.Address(), Bytes(source));
        else
        {
            using var host = Tensor.Empty(source.Shape, source.DType);
            host.CopyFrom(source);
            target.CopyFrom(host);
        }
    }

    private static long Bytes(Tensor tensor) => tensor.Count * tensor.DType.Size();
}
