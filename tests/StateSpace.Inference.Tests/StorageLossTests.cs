using StateSpace.Inference.Storage;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.PackedMatMul;

namespace StateSpace.Inference.Tests;

public sealed class StorageLossTests
{
    [Fact]
    public void Float32_has_the_loss_of_the_whole_text_and_coarser_types_read_fewer_bytes_at_little_more()
    {
        using var scope = new TensorScope();
        using var model = TinyModel.Create();
        var ids = StorageLoss.Draw(model, 3, 150, seed: 1);
        var losses = StorageLoss.Measure(model, ids).ToList();
        Assert.Equal(Enum.GetValues<WeightStorage>(), losses.Select(loss => loss.Storage));
        var whole = CrossEntropy.Apply(model.Forward(ids.Slice(1, 0, 149)).Logits!, ids.Slice(1, 1, 149)).Item();
        Assert.Equal(whole, losses[0].Nats, 1e-4);
        Assert.True(losses[0].BytesPerToken > losses[1].BytesPerToken && losses[1].BytesPerToken > losses[2].BytesPerToken);
        Assert.All(losses.Skip(1), loss => Assert.NotEqual(whole, loss.Nats));
        Assert.All(losses, loss => Assert.Equal(whole, loss.Nats, 0.05));
    }

    [Fact]
    public void Drawn_texts_depend_on_the_seed_alone_and_are_likely_under_the_model()
    {
        using var scope = new TensorScope();
        using var model = TinyModel.Create();
        var ids = StorageLoss.Draw(model, 4, 100, seed: 1);
        Assert.Equal(ids.ToArray<int>(), StorageLoss.Draw(model, 4, 100, seed: 1).ToArray<int>());
        var random = Tensor.Empty([4, 100], DType.Int32);
        new Tensors.RandomNumbers.RandomSource(2).FillIntegers(random.Span<int>(), 257);
        Assert.True(StorageLoss.Measure(model, ids).First().Nats + 1 < StorageLoss.Measure(model, random).First().Nats);
    }
}
