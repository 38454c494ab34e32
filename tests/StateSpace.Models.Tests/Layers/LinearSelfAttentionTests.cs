using StateSpace.Models.Layers;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Layers;

public sealed class LinearSelfAttentionTests
{
    [Theory]
    [InlineData(FeatureMap.EluPlusOne, true)]
    [InlineData(FeatureMap.EluPlusOne, false)]
    [InlineData(FeatureMap.Relu, true)]
    [InlineData(FeatureMap.Identity, false)]
    public void The_layer_is_its_definition(FeatureMap map, bool normalized)
    {
        const int Width = 6, Heads = 2, Keys = 4, Values = 3, Length = 9;
        var settings = new LinearAttentionSettings { Heads = Heads, KeySize = Keys, FeatureMap = map, Normalized = normalized, InitialDeviation = 0.5 };
        using var layer = new LinearSelfAttention(Width, 1, settings, new(new(2)));
        layer.Convert(DType.Float64);
        using var scope = new TensorScope();
        var x = Tensor.Normal([1, Length, Width], new(3), dtype: DType.Float64);
        double[] q = Map("q_proj"), k = Map("k_proj"), v = Map("v_proj");
        var expected = Tensor.Zeros([1, Length, Heads * Values], DType.Float64);
        for (var t = 0; t < Length; t++)
        {
            for (var h = 0; h < Heads; h++)
            {
                var weights = Enumerable.Range(0, t + 1).Select(s => Enumerable.Range(0, Keys).Sum(i => Feature(q[At(t, h, i)]) * Feature(k[At(s, h, i)])) / 2).ToArray();
                for (var j = 0; j < Values; j++)
                {
                    var sum = weights.Select((weight, s) => weight * v[(((s * Heads) + h) * Values) + j]).Sum();
                    expected.SetValue((((t * Heads) + h) * Values) + j, normalized ? sum / (weights.Sum() + 1e-10) : sum);
                }
            }
        }

        MixerContract.Same(expected.MatMul(Weight("o_proj"), transposeRight: true), layer.Forward(x).Y, 1e-10, "linear attention");

        Tensor Weight(string name) => layer.Parameters.Single(parameter => parameter.Name == name + ".weight").Value;
        double[] Map(string name) => x.MatMul(Weight(name), transposeRight: true).ToArray<double>();
        static int At(int t, int h, int i) => (((t * Heads) + h) * Keys) + i;
        double Feature(double value) => map switch
        {
            FeatureMap.Identity => value,
            FeatureMap.Relu => Math.Max(value, 0),
            _ => value > 0 ? value + 1 : Math.Exp(value),
        };
    }
}
