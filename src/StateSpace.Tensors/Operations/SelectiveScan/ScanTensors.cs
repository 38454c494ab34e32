namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>What the operation reads; imaginary parts only where complex.</summary>
/// <param name="Input">u, (B, L, D).</param>
/// <param name="Delta">Δ, or what becomes Δ by bias and softplus, (B, L, D).</param>
/// <param name="ARe">A, (D, N).</param>
/// <param name="AIm">Its imaginary part.</param>
/// <param name="BRe">B, (B, L, N) or (D, N).</param>
/// <param name="BIm">Its imaginary part.</param>
/// <param name="CRe">C, (B, L, N) or (D, N).</param>
/// <param name="CIm">Its imaginary part.</param>
/// <param name="Skip">D̲, (D), or null.</param>
/// <param name="Gate">z, (B, L, D), or null.</param>
/// <param name="DeltaBias">(D), or null.</param>
/// <param name="InitialRe">The state before the first step, (B, D, N), or null.</param>
/// <param name="InitialIm">Its imaginary part.</param>
/// <param name="Resets">(B, L), or null.</param>
/// <param name="Softplus">Whether Δ is the softplus of what is given.</param>
internal sealed record ScanTensors(
    Tensor Input,
    Tensor Delta,
    Tensor ARe,
    Tensor? AIm,
    Tensor BRe,
    Tensor? BIm,
    Tensor CRe,
    Tensor? CIm,
    Tensor? Skip,
    Tensor? Gate,
    Tensor? DeltaBias,
    Tensor? InitialRe,
    Tensor? InitialIm,
    Tensor? Resets,
    bool Softplus)
{
    public bool IsComplex => AIm is not null;

    /// <summary>Whether B is of one step and shared by the channels, and not of one channel and shared by the steps.</summary>
    public bool IsBPerStep => BRe.Rank == 3;

    /// <summary>The same of C.</summary>
    public bool IsCPerStep => CRe.Rank == 3;
}

/// <summary>Where the gradients go: those of activations in their shape; those of (D, N) and (D) for each sequence, to be summed over B (from the GPU: summed). Null where there is no such input.</summary>
/// <param name="Input">(B, L, D).</param>
/// <param name="Delta">(B, L, D).</param>
/// <param name="ARe">(B, D, N).</param>
/// <param name="AIm">(B, D, N).</param>
/// <param name="BRe">(B, L, N), or (B, D, N).</param>
/// <param name="BIm">The same.</param>
/// <param name="CRe">(B, L, N), or (B, D, N).</param>
/// <param name="CIm">The same.</param>
/// <param name="Skip">(B, D).</param>
/// <param name="Gate">(B, L, D).</param>
/// <param name="DeltaBias">(B, D).</param>
/// <param name="InitialRe">(B, D, N).</param>
/// <param name="InitialIm">(B, D, N).</param>
internal sealed record ScanGradients(
    Tensor Input,
    Tensor Delta,
    Tensor ARe,
    Tensor? AIm,
    Tensor BRe,
    Tensor? BIm,
    Tensor CRe,
    Tensor? CIm,
    Tensor? Skip,
    Tensor? Gate,
    Tensor? DeltaBias,
    Tensor? InitialRe,
    Tensor? InitialIm);
