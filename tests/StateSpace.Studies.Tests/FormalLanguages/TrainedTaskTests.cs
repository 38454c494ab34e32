using StateSpace.Studies.FormalLanguages;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.FormalLanguages;

/// <summary>What is trained and asked: labels of languages, bits that are read, brackets that close.</summary>
public sealed class TrainedTaskTests
{
    [Fact]
    public void Words_of_a_batch_are_padded_with_targets_that_do_not_count()
    {
        using var scope = new TensorScope();
        LanguageTask task = new("parity", new(1, 9), new WordRange(1, 9));
        var (ids, labels, answers, _) = task.Draw(16, new(1, 9), new RandomSource(1));
        Assert.Equal(ids.Shape, labels.Shape);
        int[] tokens = ids.ToArray<int>(), targets = labels.ToArray<int>();
        Assert.Equal(targets, answers);
        var length = (int)ids.Shape[1];
        for (var i = 0; i < 16; i++)
        {
            var (parity, ended) = (0, false);
            for (var at = i * length; at < (i + 1) * length; at++)
            {
                ended |= targets[at] == TrainedTask.Ignored;
                if (ended) Assert.Equal(TrainedTask.Ignored, targets[at]);
                else Assert.Equal(1 - (parity ^= tokens[at]), targets[at]);
            }

            Assert.Equal(0, parity);
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.98)]
    public void Flip_flop_words_are_members_and_ask_for_the_bit_behind_each_read(double ignore)
    {
        using var scope = new TensorScope();
        var language = LanguageCatalog.Find("flip-flop");
        FlipFlopTask task = new(new(64, 64), new WordRange(64, 64));
        var (ids, _, answers, _) = task.Draw(32, new(64, 64, ignore), new RandomSource(1));
        var tokens = ids.ToArray<int>();
        var words = tokens.Chunk(64).Select(word => string.Concat(word.Select(token => language.Alphabet[token]))).ToList();
        Assert.All(words, word => Assert.True(language.Contains(word), word));
        Assert.InRange(words.Average(word => word.Count(symbol => symbol == 'i')) / 30, ignore - 0.06, ignore + 0.06);
        for (var at = 0; at < tokens.Length; at++) Assert.Equal(tokens[at] == 1 ? tokens[at + 1] : TrainedTask.Ignored, answers[at]);
    }

    [Fact]
    public void Bracket_words_are_members_of_their_lengths_and_a_network_is_asked_for_the_right_closing_bracket()
    {
        using var scope = new TensorScope();
        BoundedDyck language = new(3, 2);
        BracketTask task = new(3, 2, new(10, 40), new WordRange(10, 40));
        Assert.All(Enumerable.Range(0, 100).Select(i => task.Word(new(10, 40), new RandomSource((ulong)i))), word =>
        {
            Assert.InRange(word.Length, 10, 40);
            Assert.True(language.Contains(string.Concat(word.Select(bracket => language.Alphabet[bracket]))));
        });
        var (ids, targets, answers, _) = task.Draw(1, new(10, 40), new RandomSource(1));
        Assert.Equal((6, 7), (ids.ToArray<int>()[0], targets.ToArray<int>()[^1]));

        // Behind a bracket that opens, it is the one that closes.
        for (var i = 1; i < answers.Length; i++)
        {
            var token = ids.ToArray<int>()[i];
            if (token % 2 == 0) Assert.Equal(token + 1, answers[i]);
        }

        // 0.8 of what closing brackets get: e² against e⁰ twice is 0.79, e^2.1 is more.
        Assert.False(task.IsRight([9, 2, 9, 0, 9, 0, 9, 9], 1));
        Assert.True(task.IsRight([9, 2.1f, 9, 0, 9, 0, 9, 9], 1));
    }

    [Fact]
    public void The_least_loss_is_that_of_the_chances_by_which_brackets_are_drawn()
    {
        using var scope = new TensorScope();

        // One kind, depth 1: "()" again and again; behind each the end is as likely as another, except where a word must not end yet.
        BracketTask task = new(1, 1, new(1, 1000), new WordRange(1, 1000));
        for (var seed = 0UL; seed < 20; seed++)
        {
            var batch = task.Draw(1, new(1, 1000), new RandomSource(seed));
            var pairs = (batch.Answers.Length - 1) / 2;
            Assert.Equal(pairs * Math.Log(2), batch.LeastLoss, 1e-9);
        }
    }

    [Fact]
    public void Equal_logits_and_logits_that_are_no_numbers_are_no_answer()
    {
        LanguageTask task = new("parity", new(1, 9), new WordRange(1, 9));
        Assert.True(task.IsRight([1, 2], 1));
        Assert.False(task.IsRight([2, 2], 1));
        Assert.False(task.IsRight([float.NaN, 2], 1));
        Assert.False(task.IsRight([1, float.NaN], 1));
    }

    public static TheoryData<string> Models => [.. All.Select(model => model.Id)];

    private static IReadOnlyList<TrainedModel> All =>
        [TrainedModel.Nonnegative, TrainedModel.Signed, TrainedModel.Mamba, TrainedModel.SignedMamba, TrainedModel.Complex, TrainedModel.Transformer];

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void A_training_on_a_GPU_goes_as_on_the_CPU(string id)
    {
        var exists = CudaDevice.TryCreate(0, out _, out var reason);
        Skip.IfNot(exists, reason);
        TrainedRun run = new(new FlipFlopTask(new(16, 16), new WordRange(16, 16)), All.First(model => model.Id == id), new(1), Steps: 20, Rate: 1e-3, Seed: 0) { TestWords = 10 };
        JobContext context = new(_ => { }, CancellationToken.None);
        var (expected, actual) = (run.Train(context, Device.Cpu), run.Train(context, Device.Cuda(0)));
        Assert.All(expected.Losses.Zip(actual.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }
}
