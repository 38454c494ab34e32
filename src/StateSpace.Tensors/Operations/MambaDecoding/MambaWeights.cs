namespace StateSpace.Tensors.Operations.MambaDecoding;

/// <summary>Parameters of a block with a Mamba layer, Float32 on one GPU. They are read where they lie: they must outlive the decoder.</summary>
/// <param name="Norm">Weight of the norm before the layer, (D).</param>
/// <param name="Input">Rows for x, then for the gate, (2E, D).</param>
/// <param name="Taps">Convolution, (E, K).</param>
/// <param name="TapBias">Its bias, (E), or null.</param>
/// <param name="Mix">Rows for Δ, B and C, (R + 2N, E).</param>
/// <param name="Delta">From the low rank to the step sizes, (E, R).</param>
/// <param name="DeltaBias">Added before the softplus, (E).</param>
/// <param name="Rates">Rates of decay, negative, (E, N).</param>
/// <param name="Skip">Direct term, (E).</param>
/// <param name="Output">(D, E).</param>
internal sealed record MambaLayerWeights(
    Tensor Norm, Tensor Input, Tensor Taps, Tensor? TapBias, Tensor Mix, Tensor Delta, Tensor DeltaBias, Tensor Rates, Tensor Skip, Tensor Output);

/// <summary>Parameters of a language model that is a stack of such blocks with a residual stream.</summary>
/// <param name="Embedding">(V, D).</param>
/// <param name="Head">(V, D), the embedding itself where they are tied.</param>
/// <param name="FinalNorm">(D).</param>
/// <param name="Epsilon">Number added in the norms.</param>
/// <param name="Layers">From input to output.</param>
internal sealed record MambaWeights(Tensor Embedding, Tensor Head, Tensor FinalNorm, double Epsilon, IReadOnlyList<MambaLayerWeights> Layers)
{
    public int Vocabulary => (int)Head.Shape[0];

    public int Width => (int)Head.Shape[1];

    public int Inner => (int)Layers[0].Skip.Shape[0];

    public int Taps => (int)Layers[0].Taps.Shape[1];

    public int States => (int)Layers[0].Rates.Shape[1];

    public int Rank => (int)Layers[0].Delta.Shape[1];

    /// <summary>R + 2N.</summary>
    public int Mixed => Rank + (2 * States);

    public Device Device => Head.Device;

    /// <summary>Whether every layer has the sizes of the first, as a decoder needs.</summary>
    public bool IsUniform => Layers.All(layer => layer.Taps.Shape == Layers[0].Taps.Shape && layer.Rates.Shape == Layers[0].Rates.Shape && layer.Delta.Shape == Layers[0].Delta.Shape);
}
