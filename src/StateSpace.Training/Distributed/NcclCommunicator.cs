using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Cuda.Communication;

namespace StateSpace.Training.Distributed;

/// <summary>Through NCCL, for tensors on GPUs: transfers run beside the computation, on a stream of their own.</summary>
/// <remarks>
/// A collective operation whose partner is gone never ends, and the thread that waits for the GPU never learns of it. The process group watches the other
/// processes; a thread of this class asks NCCL for errors that it alone sees, such as a broken link, and abandons the group then.
/// </remarks>
internal sealed class NcclCommunicator : ICommunicator
{
    private readonly ProcessGroup _group;
    private readonly Communicator _communicator;
    private readonly ManualResetEventSlim _ended = new();

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Tensors in flight, which nobody may release before the computation waits for the transfers.</summary>
    private readonly List<Tensor> _held = [];

    /// <param name="group">The processes; stays the caller's.</param>
    /// <param name="device">This process's GPU.</param>
    /// <exception cref="DeviceException">There is no NCCL.</exception>
    public NcclCommunicator(ProcessGroup group, Device device)
    {
        _group = group;
        byte[] id;
        if (group.Rank == 0)
        {
            id = Communicator.NewId();
            for (var rank = 1; rank < group.Size; rank++) group.Send(rank, id);
        }
        else
        {
            id = group.Receive(0, most: 4096);
        }

        _communicator = new(CudaDevice.Of(device), id, group.Rank, group.Size);
        new Thread(Watch) { IsBackground = true, Name = "watch NCCL" }.Start();
    }

    /// <inheritdoc/>
    public int Rank => _group.Rank;

    /// <inheritdoc/>
    public int Size => _group.Size;

    /// <inheritdoc/>
    public void Average(IReadOnlyList<Tensor> tensors) => Together(tensors, tensor => _communicator.AllReduce(tensor, average: true));

    /// <inheritdoc/>
    public void Broadcast(IReadOnlyList<Tensor> tensors, int root) => Together(tensors, tensor => _communicator.Broadcast(tensor, root));

    /// <inheritdoc/>
    public void Wait()
    {
        _group.ThrowIfFailed();
        _communicator.Join();
        foreach (var tensor in _held) tensor.Dispose();
        _held.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Set();
        if (_group.HasFailed) _communicator.Abort();
        else Wait();
        _communicator.Dispose();
        foreach (var tensor in _held) tensor.Dispose();
    }

    private void Watch()
    {
        while (!_ended.Wait(Interval))
        {
            if (_communicator.FindError() is not { } error) continue;
            _group.Abandon(error);
            return;
        }
    }

    private void Together(IReadOnlyList<Tensor> tensors, Action<Tensor> transfer)
    {
        using (TensorScope.Suspend()) _held.AddRange(tensors.Select(tensor => tensor.Detach()));
        _communicator.Group(() =>
        {
            foreach (var tensor in tensors) transfer(tensor);
        });
    }
}
