using StateSpace.Inference.Storage;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.PackedMatMul;

namespace StateSpace.Inference.Tests;

public sealed class WeightPackingTests
{
    [Theory]
    [InlineData("mamba")]
    [InlineData("mamba2")]
    [InlineData("hybrid")]
    public void A_packed_model_computes_what_the_rounded_weights_give(string kind)
    {
        using var scope = new TensorScope();
        using var packed = TinyModel.Create(kind);
        using var rounded = TinyModel.Create(kind);
        var ids = Tensor.From<int>([.. TinyModel.Tokenizer.Encode("some text")], [1, 9]);
        var exact = packed.Forward(ids).Logits!.ToArray<float>();
        packed.Pack(WeightStorage.BFloat16);
        var actual = packed.Forward(ids).Logits!.ToArray<float>();
        Assert.NotEqual(exact, actual);

        // The same weights, rounded in place. The embedding is looked up in float32.
        foreach (var parameter in rounded.Parameters.Where(IsPacked))
        {
            using var matrix = PackedMatrix.From(parameter.Value, WeightStorage.BFloat16);
            parameter.Value.CopyFrom(matrix.ToTensor());
        }

        var expected = rounded.Forward(ids).Logits!.ToArray<float>();
        var scale = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i] / scale, actual[i] / scale, 1e-5f);

        bool IsPacked(Models.Parameters.Parameter parameter) => parameter.Value.Rank == 2 && parameter.Name.EndsWith(".weight", StringComparison.Ordinal)
            && !parameter.Name.Contains("conv", StringComparison.Ordinal) && !parameter.Name.StartsWith("embeddings", StringComparison.Ordinal)
            && !parameter.Name.Contains("router", StringComparison.Ordinal);
    }

    [Fact]
    public void Float32_takes_a_packing_away()
    {
        using var scope = new TensorScope();
        using var model = TinyModel.Create();
        var ids = Tensor.From<int>([1, 2, 3], [1, 3]);
        var before = model.Forward(ids).Logits!.ToArray<float>();
        var bytes = model.BytesPerToken();
        model.Pack(WeightStorage.Int8);
        Assert.InRange(model.BytesPerToken(), bytes / 4, bytes * 3 / 4);
        model.Pack(WeightStorage.Float32);
        Assert.Equal(bytes, model.BytesPerToken());
        Assert.Equal(before, model.Forward(ids).Logits!.ToArray<float>());
    }

    [Fact]
    public void A_weight_that_int8_cannot_hold_is_named_with_its_layer()
    {
        using var model = TinyModel.Create();
        model.Parameters.Single(parameter => parameter.Name == "layers.1.mixer.out_proj.weight").Value.SetValue(3, float.NaN);
        var error = Assert.Throws<ArgumentException>(() => model.Pack(WeightStorage.Int8));
        Assert.StartsWith("layers.1.mixer.out_proj: the weight at (0, 3) is NaN", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WeightStorage.BFloat16)]
    [InlineData(WeightStorage.Int8)]
    public void Several_continuations_from_packed_weights_begin_with_that_of_one(WeightStorage storage)
    {
        using var model = TinyModel.Create();
        model.Pack(storage);
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var options = new GenerationOptions { Sampling = new() { Temperature = 1 }, MaximumTokens = 15, StopsAtEndOfText = false };
        var alone = generator.Generate("a", options).Select(token => token.Id).ToList();
        Assert.Equal(alone, generator.Generate("a", options with { Count = 3 }).Where(token => token.Sequence == 0).Select(token => token.Id));
    }
}
