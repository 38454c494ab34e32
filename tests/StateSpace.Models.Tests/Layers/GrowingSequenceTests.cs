using StateSpace.Models.Layers;
using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Layers;

/// <summary>Caches of keys grow in place where nobody else has grown from the same point.</summary>
public sealed class GrowingSequenceTests
{
    [Fact]
    public void A_sequence_that_grows_token_by_token_is_the_concatenation()
    {
        using var scope = new TensorScope();
        var all = Tensor.Normal([1, 200, 2, 3], new(1));
        var grown = all.Slice(1, 0, 1);
        for (var t = 1; t < 200; t++) grown = GrowingSequence.Append(grown, all.Slice(1, t, 1));
        Assert.Equal(all.ToArray<float>(), grown.ToArray<float>());
    }

    [Fact]
    public void Two_heirs_of_one_sequence_do_not_disturb_each_other_or_their_ancestor()
    {
        using var scope = new TensorScope();
        Tensor start = Full(3, 1), a = Full(2, 2), b = Full(2, 3);
        var shared = GrowingSequence.Append(start, a);
        Tensor first = GrowingSequence.Append(shared, a), second = GrowingSequence.Append(shared, b), third = GrowingSequence.Append(shared, Full(1, 4));
        Assert.Equal([1f, 1, 1, 2, 2], shared.ToArray<float>());
        Assert.Equal([1f, 1, 1, 2, 2, 2, 2], first.ToArray<float>());
        Assert.Equal([1f, 1, 1, 2, 2, 3, 3], second.ToArray<float>());
        Assert.Equal([1f, 1, 1, 2, 2, 4], third.ToArray<float>());
        Assert.Equal([1f, 1, 1, 2, 2, 2, 2, 5], GrowingSequence.Append(first, Full(1, 5)).ToArray<float>());
    }

    [Fact]
    public void Memory_that_returned_to_the_pool_is_not_grown_into()
    {
        using var scope = new TensorScope();
        using (new TensorScope()) GrowingSequence.Append(Full(3, 1), Full(1, 2));

        // The same size again, so probably the same memory; a plain tensor has no room that is its own.
        var plain = Tensor.Full([1, 64, 1, 1], 7);
        var part = plain.Slice(1, 0, 4);
        Assert.Equal([7f, 7, 7, 7, 9], GrowingSequence.Append(part, Full(1, 9)).ToArray<float>());
        Assert.All(plain.ToArray<float>(), value => Assert.Equal(7, value));
    }

    [Fact]
    public void Forked_conversations_of_an_attention_layer_go_their_own_ways()
    {
        using var layer = new SelfAttention(6, 1, new AttentionSettings { Heads = 2, Window = 40, InitialDeviation = 0.5 }, new(new(2)));
        using var scope = new TensorScope();
        var x = Tensor.Normal([1, 90, 6], new(3));
        var state = MixerContract.InChunks(layer, x.Slice(1, 0, 70), 1).State;
        Tensor left = x.Slice(1, 70, 10), right = x.Slice(1, 80, 10);
        var expected = Outputs(state.Fork(), left);
        var fork = state.Fork();
        _ = Outputs(state, right);
        Assert.Equal(expected, Outputs(fork, left));

        float[] Outputs(State from, Tensor text)
        {
            var values = new List<float>();
            for (var t = 0; t < 10; t++)
            {
                (var y, from) = layer.Forward(text.Slice(1, t, 1), from);
                values.AddRange(y.ToArray<float>());
            }

            return [.. values];
        }
    }

    private static Tensor Full(long length, double value) => Tensor.Full([1, length, 1, 1], value);
}
