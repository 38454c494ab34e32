using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Words to train on without end, and words of other lengths to test on.</summary>
/// <param name="Name">Unique lower-case name.</param>
/// <param name="Training">Words to train on.</param>
/// <param name="Tests">Words to test on; the first are those of the training.</param>
internal abstract record TrainedTask(string Name, WordRange Training, IReadOnlyList<WordRange> Tests)
{
    /// <summary>Target or answer of positions that do not count.</summary>
    public const int Ignored = -100;

    /// <summary>Tokens of the network: as many logits as inputs.</summary>
    public abstract int Vocabulary { get; }

    /// <summary>Symbols of a word to train on, roughly.</summary>
    public virtual double MeanLength => (Training.Shortest + Training.Longest) / 2.0;

    /// <summary>Words of one batch, padded behind their ends.</summary>
    /// <param name="count">How many.</param>
    /// <param name="range">Which.</param>
    /// <param name="random">Where they come from.</param>
    public abstract TaskBatch Draw(int count, WordRange range, RandomSource random);

    /// <summary>Batches to train on, without end.</summary>
    /// <param name="count">Words of one.</param>
    /// <param name="random">Where they come from.</param>
    public virtual IEnumerable<TaskBatch> Batches(int count, RandomSource random)
    {
        while (true) yield return Draw(count, Training, random);
    }

    /// <summary>Whether the logits of a position give its answer.</summary>
    public virtual bool IsRight(ReadOnlySpan<float> logits, int answer) => IsLargest(logits, answer);

    /// <summary>Whether a logit is larger than all others.</summary>
    public static bool IsLargest(ReadOnlySpan<float> logits, int answer)
    {
        for (var i = 0; i < logits.Length; i++)
        {
            if (i != answer && !(logits[i] < logits[answer])) return false;
        }

        return true;
    }

    /// <summary>A batch from words whose positions have tokens, targets and answers.</summary>
    protected static TaskBatch Batch(IReadOnlyList<(int[] Tokens, int[] Targets, int[] Answers)> words, double leastLoss = double.NaN)
    {
        var longest = words.Max(word => word.Tokens.Length);
        Shape shape = [words.Count, longest];
        Tensor ids = Tensor.Zeros(shape, DType.Int32), targets = Tensor.Empty(shape, DType.Int32);
        targets.Span<int>().Fill(Ignored);
        var answers = new int[words.Count * longest];
        answers.AsSpan().Fill(Ignored);
        for (var i = 0; i < words.Count; i++)
        {
            words[i].Tokens.CopyTo(ids.Span<int>()[(i * longest)..]);
            words[i].Targets.CopyTo(targets.Span<int>()[(i * longest)..]);
            words[i].Answers.CopyTo(answers.AsSpan(i * longest));
        }

        return new(ids, targets, answers, leastLoss);
    }
}

/// <summary>Words to draw: lengths between two ends and, for flip-flop, how often the instruction is to ignore.</summary>
/// <param name="Shortest">Least length.</param>
/// <param name="Longest">Greatest length.</param>
/// <param name="Ignore">Share of the instructions that say "ignore", for flip-flop alone.</param>
internal sealed record WordRange(int Shortest, int Longest, double Ignore = 0.8);

/// <summary>Words of a batch.</summary>
/// <param name="Ids">Tokens, (B, L).</param>
/// <param name="Targets">What is trained, (B, L); <see cref="TrainedTask.Ignored"/> where nothing is.</param>
/// <param name="Answers">What a test asks for, row by row; <see cref="TrainedTask.Ignored"/> where it asks nothing.</param>
/// <param name="LeastLoss">Loss, in nats over all targets together, of who knows how the words are drawn; NaN where it is not known.</param>
internal sealed record TaskBatch(Tensor Ids, Tensor Targets, int[] Answers, double LeastLoss)
{
    /// <summary>The same with the tensors on a device.</summary>
    public TaskBatch To(Device device) => device.IsCpu ? this : this with { Ids = Ids.To(device), Targets = Targets.To(device) };
}
