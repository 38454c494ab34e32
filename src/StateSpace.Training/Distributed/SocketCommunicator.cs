using System.Numerics.Tensors;
using StateSpace.Tensors;
using Tensor = StateSpace.Tensors.Tensor;

namespace StateSpace.Training.Distributed;

/// <summary>
/// Through the sockets of the process group, for tensors on the CPU: process 0 adds in the order of the ranks and sends the mean back. For tests and
/// for small models; every byte passes through process 0.
/// </summary>
/// <param name="group">The processes.</param>
public sealed class SocketCommunicator(ProcessGroup group) : ICommunicator
{
    /// <inheritdoc/>
    public int Rank => group.Rank;

    /// <inheritdoc/>
    public int Size => group.Size;

    /// <inheritdoc/>
    public void Average(IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (var tensor in tensors)
        {
            if (Rank != 0) group.Send(0, Bytes(tensor));
            else Add(tensor);
            Share(tensor, root: 0);
        }
    }

    /// <inheritdoc/>
    public void Broadcast(IReadOnlyList<Tensor> tensors, int root)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (var tensor in tensors)
        {
            // By way of process 0.
            if (root != 0 && Rank == root) group.Send(0, Bytes(tensor));
            if (root != 0 && Rank == 0) group.Receive(root, Bytes(tensor));
            Share(tensor, root);
        }
    }

    /// <inheritdoc/>
    public void Wait() => group.ThrowIfFailed();

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static unsafe Span<byte> Bytes(Tensor tensor) => new(tensor.Bytes(), checked((int)(tensor.Count * tensor.DType.Size())));

    private void Add(Tensor tensor)
    {
        using var scope = new TensorScope();
        var other = tensor.EmptyLike();
        for (var rank = 1; rank < Size; rank++)
        {
            group.Receive(rank, Bytes(other));
            if (tensor.DType == DType.Float32) TensorPrimitives.Add(tensor.Span<float>(), other.Span<float>(), tensor.Span<float>());
            else TensorPrimitives.Add(tensor.Span<double>(), other.Span<double>(), tensor.Span<double>());
        }

        if (tensor.DType == DType.Float32) TensorPrimitives.Divide(tensor.Span<float>(), Size, tensor.Span<float>());
        else TensorPrimitives.Divide(tensor.Span<double>(), Size, tensor.Span<double>());
    }

    private void Share(Tensor tensor, int root)
    {
        if (Rank == 0)
        {
            for (var rank = 1; rank < Size; rank++)
            {
                if (rank != root) group.Send(rank, Bytes(tensor));
            }
        }
        else if (Rank != root)
        {
            group.Receive(0, Bytes(tensor));
        }
    }
}
