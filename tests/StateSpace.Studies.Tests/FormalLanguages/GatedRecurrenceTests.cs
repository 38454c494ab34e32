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

    [Fact]
    public void Words_of_a_batch_are_padded_with_targets_that_do_not_count()
    {
        using var scope = new TensorScope();
        LanguageTask task = new("parity", (1, 9), (1, 9));
        var (ids, labels) = task.Draw(16, (1, 9), new RandomSource(1));
        Assert.Equal(ids.Shape, labels.Shape);
        int[] tokens = ids.ToArray<int>(), targets = labels.ToArray<int>();
        var length = (int)ids.Shape[1];
        for (var i = 0; i < 16; i++)
        {
            var (parity, ended) = (0, false);
            for (var at = i * length; at < (i + 1) * length; at++)
            {
                ended |= targets[at] == LanguageTask.Ignored;
                if (ended) Assert.Equal(LanguageTask.Ignored, targets[at]);
                else Assert.Equal(1 - (parity ^= tokens[at]), targets[at]);
            }

            Assert.Equal(0, parity);
        }
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.All(expected.ToArray<float>().Zip(actual.ToArray<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }
}
