using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.CausalConvolution;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.MambaDecoding;

/// <summary>
/// Two layers, five given tokens of each sequence. On a GPU in float32 one sequence goes through the kernel of whole steps, and in BFloat16 also several
/// through theirs; elsewhere the ordinary operations compute the same.
/// </summary>
internal static class MambaDecodingCases
{
    private const int Layers = 2, Steps = 5, Each = 10, Vocabulary = 53;
    private const double Epsilon = 1e-5;

    private static readonly (int Width, int Inner, int Rank, int States, int Taps, int Batch)[] Sizes =
    [
        (16, 32, 1, 16, 4, 1), (16, 32, 1, 16, 4, 3), (50, 102, 5, 8, 3, 1), (50, 102, 5, 8, 3, 17), (64, 130, 17, 32, 2, 1), (64, 130, 17, 32, 2, 65), (270, 540, 18, 16, 4, 1), (270, 540, 18, 16, 4, 35),
    ];

    public static IEnumerable<ConformanceCase> All => Sizes.Select(size => new ConformanceCase(
        "MambaDecoding",
        $"width {size.Width}, inner {size.Inner}, rank {size.Rank}, {size.States} states, {size.Taps} taps, batch {size.Batch}",
        [
            new CaseInput([Steps, size.Batch], 0, Vocabulary, DType.Int32),
            new CaseInput([1]),
            Parameter([Vocabulary, size.Width]),
            Parameter([size.Width], 0.5, 1.5),
            .. Enumerable.Range(0, Layers).SelectMany(_ => Layer(size.Width, size.Inner, size.Rank, size.States, size.Taps)),
        ],
        x => Run(x),
        x => MambaDecodingReference.Forward(x[0], x[2], x[3], Epsilon, [.. Enumerable.Range(0, Layers).Select(i => x[(4 + (i * Each))..(4 + ((i + 1) * Each))])]),
        Differentiable: false,
        BFloat16Tolerance: 4e-2));

    private static CaseInput Parameter(Shape shape, double low = -1, double high = 1) => new(shape, low, high) { IsParameter = true };

    // In the order of MambaLayerWeights.
    private static CaseInput[] Layer(int width, int inner, int rank, int states, int taps)
    {
        double fromWidth = 1.5 / Math.Sqrt(width), fromInner = 1.5 / Math.Sqrt(inner), fromRank = 1 / Math.Sqrt(rank);
        return
        [
            Parameter([width], 0.5, 1.5),
            Parameter([2 * inner, width], -fromWidth, fromWidth),
            Parameter([inner, taps]),
            Parameter([inner]),
            Parameter([rank + (2 * states), inner], -fromInner, fromInner),
            Parameter([inner, rank], -fromRank, fromRank),
            Parameter([inner], -3, 0),
            Parameter([inner, states], -4, -0.5),
            Parameter([inner]),
            Parameter([width, inner], -fromInner, fromInner),
        ];
    }

    private static Tensor[] Run(Tensor[] x)
    {
        var layers = Enumerable.Range(0, Layers).Select(i => x[(4 + (i * Each))..(4 + ((i + 1) * Each))])
            .Select(p => new MambaLayerWeights(p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9]));
        var weights = new MambaWeights(x[2], x[2], x[3], Epsilon, [.. layers]);
        var batch = (int)x[0].Shape[1];
        using var decoder = x[2].Device.IsCpu || x[2].DType != DType.Float32 ? null : MambaDecoder.TryCreate(weights, batch, x[1].DType, Vocabulary);
        if (decoder is null) return ByOperations(x[0], weights);
        var logits = new float[batch * Vocabulary];
        var ids = x[0].ToArray<int>();
        for (var step = 0; step < Steps; step++) decoder.Step(ids.AsSpan(step * batch, batch), logits);
        var (windows, states) = decoder.Snapshot();
        return [Tensor.From<float>(logits, [batch, Vocabulary]), windows, states];
    }

    private static Tensor[] ByOperations(Tensor ids, MambaWeights weights)
    {
        var (batch, rank, states) = (ids.Shape[1], weights.Rank, weights.States);
        var x = Embedding.Embedding.Apply(weights.Embedding, ids.Transpose());
        List<Tensor> windows = [], finals = [];
        foreach (var layer in weights.Layers)
        {
            var projected = RmsNorm.RmsNorm.Apply(x, layer.Norm, weights.Epsilon).MatMul(layer.Input, transposeRight: true).Split(2, weights.Inner, weights.Inner);
            var zero = Tensor.Zeros([batch, weights.Taps - 1, weights.Inner], x.DType, x.Device);
            var (u, window) = CausalConvolution.CausalConvolution.Apply(projected[0], layer.Taps, layer.TapBias, zero, ConvolutionActivation.Silu);
            var mixed = u.MatMul(layer.Mix, transposeRight: true).Split(2, rank, states, states);
            var (y, final) = SelectiveScan.SelectiveScan.Apply(
                u, mixed[0].MatMul(layer.Delta, transposeRight: true), layer.Rates, mixed[1], mixed[2], layer.Skip, projected[1], layer.DeltaBias);
            x += y.MatMul(layer.Output, transposeRight: true);
            windows.Add(window.Unsqueeze(0));
            finals.Add(final.Unsqueeze(0));
        }

        var last = RmsNorm.RmsNorm.Apply(x.Slice(1, Steps - 1, 1), weights.FinalNorm, weights.Epsilon).Reshape(batch, weights.Width);
        return [last.MatMul(weights.Head, transposeRight: true), Tensor.Concatenate(0, [.. windows]), Tensor.Concatenate(0, [.. finals])];
    }
}
