using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda;

/// <summary>A mark in a stream: one can wait for it, and measure the time between two.</summary>
internal sealed class CudaEvent : IDisposable
{
    private readonly CudaDevice _device;
    private readonly EventHandle _handle;

    /// <param name="device">The device.</param>
    /// <param name="timing">Whether the time is noted, which costs a little.</param>
    public CudaEvent(CudaDevice device, bool timing = false)
    {
        _device = device;
        device.MakeCurrent();
        CudaException.Check(DriverApi.cuEventCreate(out var handle, timing ? 0u : 2u), "making an event");
        _handle = new(handle, device);
    }

    /// <summary>Sets the mark behind what was asked of the device so far.</summary>
    public void Record() => Record(_device.Stream);

    /// <summary>Sets the mark in a stream.</summary>
    public void Record(nint stream)
    {
        _device.MakeCurrent();
        CudaException.Check(DriverApi.cuEventRecord(_handle.Value, stream), "marking a stream");
    }

    /// <summary>Lets a stream wait for the mark; the host goes on.</summary>
    public void MakeWait(nint stream)
    {
        _device.MakeCurrent();
        CudaException.Check(DriverApi.cuStreamWaitEvent(stream, _handle.Value, 0), "letting a stream wait");
    }

    /// <summary>Waits for the mark.</summary>
    public void Synchronize()
    {
        _device.MakeCurrent();
        CudaException.Check(DriverApi.cuEventSynchronize(_handle.Value), $"waiting for {_device}");
    }

    /// <summary>Milliseconds between two marks made with timing; waits for the second.</summary>
    public static double Milliseconds(CudaEvent start, CudaEvent end)
    {
        end.Synchronize();
        CudaException.Check(DriverApi.cuEventElapsedTime(out var milliseconds, start._handle.Value, end._handle.Value), "reading a time");
        return milliseconds;
    }

    public void Dispose() => _handle.Dispose();
}
