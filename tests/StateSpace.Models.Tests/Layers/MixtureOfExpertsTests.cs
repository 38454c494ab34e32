using StateSpace.Models.Layers;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.Softmax;

namespace StateSpace.Models.Tests.Layers;

public sealed class MixtureOfExpertsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 2)]
    [InlineData(5, 2, 17)]
    [InlineData(9, 9, 3)]
    [InlineData(16, 2, 1)]
    public void The_chosen_experts_outputs_are_weighted_with_the_softmax_over_all(int experts, int chosen, int length)
    {
        const int Width = 6;
        var settings = new MixtureOfExpertsSettings { Experts = experts, Chosen = chosen, Expert = new() { Hidden = 5, InitialDeviation = 0.7 } };
        using var layer = new MixtureOfExperts(Width, settings, new(new(2)));
        using var scope = new TensorScope();
        var x = Tensor.Normal([2, length, Width], new(3));
        var actual = layer.Apply(x);
        var router = layer.Parameters.Single(parameter => parameter.Name == "router.weight").Value;
        var each = layer.Modules.Where(entry => entry.Name.StartsWith("experts.", StringComparison.Ordinal)).Select(entry => (SwiGlu)entry.Module).ToArray();
        var probabilities = Softmax.Apply(x.MatMul(router, transposeRight: true)).ToArray<double>();
        var outputs = each.Select(expert => expert.Apply(x).ToArray<double>()).ToArray();
        var expected = Tensor.Zeros(x.Shape);
        for (var row = 0; row < 2 * length; row++)
        {
            var best = Enumerable.Range(0, experts).OrderByDescending(e => probabilities[(row * experts) + e]).ThenBy(e => e).Take(chosen).ToList();
            for (var d = 0; d < Width; d++) expected.SetValue((row * Width) + d, best.Sum(e => probabilities[(row * experts) + e] * outputs[e][(row * Width) + d]));
        }

        MixerContract.Same(expected, actual, 1e-5, "mixture");
    }
}
