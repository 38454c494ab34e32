using StateSpace.Studies.Selectivity.Tasks;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.Selectivity;

/// <summary>The generated tasks (specification 6.15).</summary>
public sealed class TaskTests
{
    [Fact]
    public void Copy_asks_for_the_symbols_of_t_steps_ago()
    {
        var task = new CopyTask(16, 8);
        Assert.Equal((32, 16, 16), (task.Length, task.ScoredFrom, task.Scored));
        foreach (var (input, labels) in Draws(task))
        {
            Assert.Equal(input[..16], labels[16..]);
            Assert.All(labels[..16], label => Assert.Equal(0, label));
            Assert.All(input, token => Assert.InRange(token, 1, 7));
        }
    }

    [Fact]
    public void An_induction_head_sees_two_marks_and_is_asked_for_what_followed_the_first()
    {
        const int span = 8;
        var task = new InductionHeadTask(span, 8);
        Assert.Equal((3 * span, 2 * span, span), (task.Length, task.ScoredFrom, task.Scored));
        var places = new HashSet<int>();
        foreach (var (input, labels) in Draws(task))
        {
            var mark = Array.IndexOf(input, 0);
            places.Add(mark);
            Assert.Equal([mark, 2 * span], Enumerable.Range(0, input.Length).Where(i => input[i] == 0));
            Assert.InRange(mark, 0, span - 1);
            Assert.Equal(input[(mark + 1)..(mark + 1 + span)], labels[(2 * span)..]);
            Assert.Equal(input[1..], labels[..^1]);
        }

        Assert.Equal(span, places.Count);
    }

    [Fact]
    public void Every_symbol_is_as_likely_as_any_other()
    {
        var counts = new int[16];
        foreach (var (input, _) in Draws(new CopyTask(64, 16), 200)) foreach (var token in input) counts[token]++;
        var expected = 200 * 128 / 15.0;
        Assert.Equal(0, counts[0]);
        Assert.All(counts[1..], count => Assert.InRange(count, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected))));
    }

    [Theory]
    [InlineData(2, "parity")]
    [InlineData(3, "modulo3")]
    public void Counting_tells_the_ones_up_to_a_position_modulo_m(int modulus, string name)
    {
        var task = new CountingTask(modulus, 20, scoredFrom: 5);
        Assert.Equal((name, modulus, 1.0 / modulus), (task.Name, task.Vocabulary, task.Chance));
        foreach (var (input, labels) in Draws(task))
        {
            Assert.All(input, token => Assert.InRange(token, 0, 1));
            for (var i = 0; i < input.Length; i++) Assert.Equal(input[..(i + 1)].Sum() % modulus, labels[i]);
        }
    }

    private static IEnumerable<(int[] Input, int[] Labels)> Draws(SequenceTask task, int count = 100)
    {
        var random = new RandomSource(3);
        for (var i = 0; i < count; i++)
        {
            int[] input = new int[task.Length], labels = new int[task.Length];
            Array.Fill(labels, -1);
            task.Draw(random, input, labels);
            yield return (input, labels);
        }
    }
}
