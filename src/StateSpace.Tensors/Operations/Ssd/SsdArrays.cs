using System.Numerics;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>Sizes and pointers of the inputs, and the cut into blocks of heads and chunks of steps, which depends on shapes alone.</summary>
internal sealed unsafe class SsdArrays<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The largest Q: a chunk needs some matrices of Q² numbers.</summary>
    private const long LargestChunk = 512;

    public SsdArrays(SsdTensors tensors)
    {
        var (x, b) = (tensors.X.Shape, tensors.B.Shape);
        (Batch, Length, Heads, HeadSize) = (x[0], x[1], x[2], checked((int)x[3]));
        (Groups, States) = (b[2], checked((int)b[3]));
        Chunk = (int)Math.Clamp(Math.Min(tensors.Chunk, Length), 1, LargestChunk);
        Chunks = (Length + Chunk - 1) / Chunk;
        BlocksPerGroup = HeadBlock.PerGroup(tensors);
        X = tensors.X.Pointer<T>();
        B = tensors.B.Pointer<T>();
        C = tensors.C.Pointer<T>();
        Delta = PointerOrNull(tensors.Delta);
        A = PointerOrNull(tensors.A);
        Skip = PointerOrNull(tensors.Skip);
        Initial = PointerOrNull(tensors.Initial);
        Resets = tensors.Resets is null ? null : tensors.Resets.Pointer<int>();
    }

    public long Batch { get; }

    public long Length { get; }

    public long Heads { get; }

    /// <summary>P.</summary>
    public int HeadSize { get; }

    public long Groups { get; }

    /// <summary>N.</summary>
    public int States { get; }

    /// <summary>Q.</summary>
    public int Chunk { get; }

    public long Chunks { get; }

    public long BlocksPerGroup { get; }

    public int Blocks => checked((int)(Batch * Groups * BlocksPerGroup));

    public T* X { get; }

    public T* B { get; }

    public T* C { get; }

    /// <summary>Null where all steps have size 1 and nothing decays, and so is A.</summary>
    public T* Delta { get; }

    public T* A { get; }

    public T* Skip { get; }

    public T* Initial { get; }

    public int* Resets { get; }

    /// <summary>Elements from a step of x to the next.</summary>
    public long StrideOfX => Heads * HeadSize;

    /// <summary>Elements from a step of B or C to the next.</summary>
    public long StrideOfB => Groups * States;

    public HeadBlock Block(long index) => HeadBlock.At(index, Groups, Heads / Groups, BlocksPerGroup);

    /// <summary>Steps of a chunk.</summary>
    public int Steps(long chunk) => (int)Math.Min(Chunk, Length - (chunk * Chunk));

    /// <summary>Position in x of a head at a step.</summary>
    public long AtX(long sequence, long t, long head) => ((((sequence * Length) + t) * Heads) + head) * HeadSize;

    /// <summary>Position in B or C of a group at a step.</summary>
    public long AtB(long sequence, long t, long group) => ((((sequence * Length) + t) * Groups) + group) * States;

    /// <summary>Position in Δ.</summary>
    public long AtDelta(long sequence, long t, long head) => (((sequence * Length) + t) * Heads) + head;

    /// <summary>Position in the states (B, H, P, N).</summary>
    public long AtState(long sequence, long head) => ((sequence * Heads) + head) * HeadSize * States;

    public bool IsReset(long sequence, long t) => Resets != null && Resets[(sequence * Length) + t] != 0;

    private static T* PointerOrNull(Tensor? tensor) => tensor is null ? null : tensor.Pointer<T>();
}
