using StateSpace.Models.Initialization;
using StateSpace.Studies.FormalLanguages;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.FormalLanguages;

public sealed class GatedRecurrenceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Scan_is_the_recurrence_step_by_step(bool signed)
    {
        using var scope = new TensorScope();
        using var layer = new GatedRecurrenceSettings { Signed = signed }.Create(4, 1, new InitialValues(new RandomSource(1)));
        var x = Tensor.Normal([2, 13, 4], new RandomSource(2), 0, 3);
        var (whole, end) = layer.Forward(x);
        var state = layer.InitialState(2);
        for (var t = 0; t < 13; t++)
        {
            (var y, state) = layer.Forward(x.Slice(1, t, 1), state);
            AssertClose(whole.Slice(1, t, 1), y);
        }

        AssertClose(end["h"], state["h"]);
        Assert.Equal(13, state.Position);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(expected.ToArray<float>().Zip(actual.ToArray<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }
}
