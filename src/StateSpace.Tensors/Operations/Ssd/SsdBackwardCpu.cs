using System.Numerics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The gradient by chunks: the states before each chunk are computed again, then the chunks are gone through from the last to the first with
/// the gradient of the state between them. See the README for the formulas.
/// </summary>
internal static class SsdBackwardCpu
{
    /// <summary>The gradients of the inputs: what the blocks of heads give, summed.</summary>
    public static SsdGradients Gradients(SsdTensors tensors, Tensor gradient, Tensor? finalGradient)
    {
        var parts = SsdGradients.For(tensors);
        if (tensors.X.DType == DType.Float32) Run<float>(tensors, gradient, finalGradient, parts);
        else Run<double>(tensors, gradient, finalGradient, parts);
        return parts with { A = parts.A?.Sum(0), B = SumOfBlocks(parts.B), C = SumOfBlocks(parts.C), Skip = parts.Skip?.Sum(0) };
    }

    /// <param name="tensors">The operation's inputs.</param>
    /// <param name="gradient">∂ℓ/∂y.</param>
    /// <param name="finalGradient">∂ℓ/∂final, or null.</param>
    /// <param name="gradients">Are written.</param>
    public static void Run<T>(SsdTensors tensors, Tensor gradient, Tensor? finalGradient, SsdGradients gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var x = new SsdArrays<T>(tensors);
        using var scores = new ChunkScores<T>(x);
        var outputs = new SsdBackwardArrays<T>(gradient, finalGradient, gradients);
        CpuTeam.For(x.Blocks, index =>
        {
            using var pass = new SsdBackwardPass<T>(x, x.Block(index), scores, outputs);
            pass.Run();
        });
    }

    private static Tensor SumOfBlocks(Tensor blocks) => blocks.Shape[0] == 1 ? blocks.Alias(blocks.Shape.Without(0)) : blocks.Sum(0);
}

/// <summary>The tensors of the gradient beside the inputs, as pointers; null where they are.</summary>
internal sealed unsafe class SsdBackwardArrays<T>(Tensor gradient, Tensor? finalGradient, SsdGradients gradients)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public T* Gradient { get; } = gradient.Pointer<T>();

    public T* FinalGradient { get; } = finalGradient is null ? null : finalGradient.Pointer<T>();

    public T* X { get; } = gradients.X.Pointer<T>();

    public T* Delta { get; } = gradients.Delta is null ? null : gradients.Delta.Pointer<T>();

    public T* A { get; } = gradients.A is null ? null : gradients.A.Pointer<T>();

    /// <summary>(blocks of a group, B, L, G, N).</summary>
    public T* B { get; } = gradients.B.Pointer<T>();

    public T* C { get; } = gradients.C.Pointer<T>();

    public T* Skip { get; } = gradients.Skip is null ? null : gradients.Skip.Pointer<T>();

    public T* Initial { get; } = gradients.Initial is null ? null : gradients.Initial.Pointer<T>();
}
