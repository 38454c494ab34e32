using StateSpace.Tensors;

namespace StateSpace.Training.Distributed;

/// <summary>Operations in which all processes of a training take part: each must call the same ones in the same order.</summary>
public interface ICommunicator : IDisposable
{
    /// <summary>Number of this process.</summary>
    int Rank { get; }

    /// <summary>Number of processes.</summary>
    int Size { get; }

    /// <summary>Begins to replace tensors by their means over the processes, in place; the sums are in a fixed order.</summary>
    /// <param name="tensors">Floating-point tensors of the same shapes in every process; they must not be touched before <see cref="Wait"/>.</param>
    void Average(IReadOnlyList<Tensor> tensors);

    /// <summary>Begins to give every process the values of one.</summary>
    /// <param name="tensors">Tensors of the same shapes in every process.</param>
    /// <param name="root">The process whose values all get.</param>
    void Broadcast(IReadOnlyList<Tensor> tensors, int root);

    /// <summary>What comes after, on this thread or the tensors' device, sees the results of all that was begun.</summary>
    void Wait();
}
