using StateSpace.Tensors.Cuda.Allocation;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda;

/// <summary>
/// A recorded sequence of launches that is started as one. Replays read and write the same memory as the recorded run did: tensors made before
/// the capture are its inputs, those made within it and still held are its outputs.
/// </summary>
/// <remarks>
/// Run the sequence once without capture before, so that its kernels are compiled and loaded. Within it nothing may be copied from or to
/// the host. The memory of everything made within belongs to the graph until it is disposed. Other threads may use the device meanwhile; those that
/// take or release memory wait until the capture is over.
/// </remarks>
internal sealed unsafe class CudaGraph : IDisposable
{
    private readonly CudaDevice _device;
    private readonly GraphMemory _memory;
    private readonly GraphExecutableHandle _executable;
    private bool _isDisposed;

    private CudaGraph(CudaDevice device, GraphMemory memory, GraphExecutableHandle executable, long nodes)
    {
        (_device, _memory, _executable) = (device, memory, executable);
        Nodes = nodes;
    }

    /// <summary>Launches and fills in one replay.</summary>
    public long Nodes { get; }

    /// <summary>Memory that only this graph uses.</summary>
    public long HeldBytes => _memory.HeldBytes;

    /// <summary>Records what an action asks of the device, without doing it.</summary>
    /// <exception cref="InvalidOperationException">A capture is going on already.</exception>
    /// <exception cref="CudaException">Something in the action cannot be part of a graph.</exception>
    public static CudaGraph Capture(CudaDevice device, Action action)
    {
        if (device.IsCapturing) throw new InvalidOperationException("a graph is being captured already");
        device.MakeCurrent();
        var memory = new GraphMemory();
        GraphHandle graph;
        device.Memory.BeginGraph(memory);
        try
        {
            graph = Record(device, action);
        }
        catch
        {
            device.Memory.EndGraph();
            device.Memory.Release(memory);
            throw;
        }

        device.Memory.EndGraph();
        using (graph)
        {
            nuint nodes = 0;
            CudaException.Check(DriverApi.cuGraphGetNodes(graph.Value, null, ref nodes), "counting a graph's nodes");
            var result = DriverApi.cuGraphInstantiateWithFlags(out var executable, graph.Value, 0);
            if (result != 0) device.Memory.Release(memory);
            CudaException.Check(result, "preparing a captured graph");
            return new(device, memory, new(executable, device), (long)nodes);
        }
    }

    private static GraphHandle Record(CudaDevice device, Action action)
    {
        device.IsCapturing = true;
        try
        {
            CudaException.Check(DriverApi.cuStreamBeginCapture_v2(device.Stream, CaptureMode.Relaxed), "beginning the capture of a graph");
            GraphHandle graph;
            int code;
            var isComplete = false;
            try
            {
                action();
                isComplete = true;
            }
            finally
            {
                device.MakeCurrent();
                code = DriverApi.cuStreamEndCapture(device.Stream, out var raw);
                graph = new(raw, device);
                if (!isComplete || code != 0) graph.Dispose();
            }

            CudaException.Check(code, "capturing a graph");
            return graph;
        }
        finally
        {
            device.IsCapturing = false;
        }
    }

    /// <summary>Starts a replay.</summary>
    public void Launch()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _device.MakeCurrent();
        lock (_device.Sequence) CudaException.Check(DriverApi.cuGraphLaunch(_executable.Value, _device.Stream), "starting a captured graph");
    }

    /// <summary>Gives the graph and its memory back. What tensors still hold stays theirs.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _executable.Dispose();
        _device.Memory.Release(_memory);
    }
}
