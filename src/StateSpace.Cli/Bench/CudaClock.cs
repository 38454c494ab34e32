using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Cli.Bench;

/// <summary>
/// Times work on a GPU by events on its stream: the median of 31 runs after a warm-up. Before each run a buffer larger than the cache of the GPU is
/// written, so that inputs come from memory; the work's launches queue up behind that and their own cost is hidden.
/// </summary>
internal sealed class CudaClock : IDisposable
{
    private const int Warmup = 5;
    private const int Runs = 31;
    private const long FlushedBytes = 256 << 20;

    private readonly CudaDevice _device;
    private readonly Tensor _flushed;
    private readonly EventHandle _start;
    private readonly EventHandle _end;

    public CudaClock(Device device)
    {
        _device = CudaDevice.Of(device);
        _flushed = Tensor.Empty([FlushedBytes / sizeof(float)], DType.Float32, device);
        (_start, _end) = (Event(), Event());

        EventHandle Event()
        {
            CudaException.Check(DriverApi.cuEventCreate(out var handle, 0), "making an event");
            return new(handle, _device);
        }
    }

    /// <summary>Median milliseconds of a run.</summary>
    public double Median(Action work, CancellationToken cancellation)
    {
        for (var run = 0; run < Warmup; run++) work();
        var times = new double[Runs];
        for (var run = 0; run < Runs; run++)
        {
            cancellation.ThrowIfCancellationRequested();
            _flushed.Clear();
            Record(_start);
            work();
            Record(_end);
            CudaException.Check(DriverApi.cuEventSynchronize(_end.Value), "waiting for the work to time");
            CudaException.Check(DriverApi.cuEventElapsedTime(out var milliseconds, _start.Value, _end.Value), "reading a time");
            times[run] = milliseconds;
        }

        Array.Sort(times);
        return times[Runs / 2];
    }

    public void Dispose()
    {
        _end.Dispose();
        _start.Dispose();
        _flushed.Dispose();
    }

    private void Record(EventHandle moment) => CudaException.Check(DriverApi.cuEventRecord(moment.Value, _device.Stream), "marking a moment");
}
