namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>What the kernels read. Without Δ and A, every step has size 1 and nothing decays: linear attention.</summary>
/// <param name="X">x, (B, L, H, P).</param>
/// <param name="Delta">Δ, (B, L, H), or null.</param>
/// <param name="A">A, (H), or null.</param>
/// <param name="B">B, (B, L, G, N).</param>
/// <param name="C">C, (B, L, G, N).</param>
/// <param name="Skip">D̲, (H), or null.</param>
/// <param name="Initial">The state before the first step, (B, H, P, N), or null.</param>
/// <param name="Resets">(B, L) of Int32, or null.</param>
/// <param name="Chunk">Q as asked for.</param>
internal sealed record SsdTensors(
    Tensor X, Tensor? Delta, Tensor? A, Tensor B, Tensor C, Tensor? Skip, Tensor? Initial, Tensor? Resets, long Chunk);

/// <summary>The inputs' gradients, or the parts of them that the CPU's blocks write; those of inputs that are null are null.</summary>
/// <param name="X">∂x, (B, L, H, P).</param>
/// <param name="Delta">∂Δ, (B, L, H).</param>
/// <param name="A">∂A, (H); of each sequence, (B, H).</param>
/// <param name="B">∂B, (B, L, G, N); of each block of heads, (blocks, B, L, G, N).</param>
/// <param name="C">∂C, likewise.</param>
/// <param name="Skip">∂D̲, (H); of each sequence, (B, H).</param>
/// <param name="Initial">∂h before the first step, (B, H, P, N).</param>
internal sealed record SsdGradients(Tensor X, Tensor? Delta, Tensor? A, Tensor B, Tensor C, Tensor? Skip, Tensor? Initial)
{
    /// <summary>Room for the parts.</summary>
    public static SsdGradients For(SsdTensors tensors)
    {
        var (x, dtype, device) = (tensors.X.Shape, tensors.X.DType, tensors.X.Device);
        Shape ofHeads = [x[0], x[2]], ofBlocks = [HeadBlock.PerGroup(tensors), .. tensors.B.Shape];
        return new(
            tensors.X.EmptyLike(),
            tensors.Delta?.EmptyLike(),
            tensors.A is null ? null : Tensor.Empty(ofHeads, dtype, device),
            Tensor.Empty(ofBlocks, dtype, device),
            Tensor.Empty(ofBlocks, dtype, device),
            tensors.Skip is null ? null : Tensor.Empty(ofHeads, dtype, device),
            tensors.Initial?.EmptyLike());
    }
}
