using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// Flip-flop as FFL(p) draws it (Liu et al., 2023; synthseq/flipflop): pairs of an instruction and a bit, ignore with chance p, write and read with
/// (1 − p)/2 each, write first and read last. Behind a read the bit that was written last is asked for, and nothing else is trained.
/// </summary>
internal sealed record FlipFlopTask(WordRange Training, params IReadOnlyList<WordRange> Tests) : TrainedTask("flip-flop", Training, Tests)
{
    private const int Write = 0, Read = 1, Ignore = 2, Zero = 3;

    /// <summary>w, r, i, 0 and 1.</summary>
    public override int Vocabulary => 5;

    /// <inheritdoc/>
    public override TaskBatch Draw(int count, WordRange range, RandomSource random) =>
        Batch([.. Enumerable.Range(0, count).Select(_ => Word(2 * (((range.Shortest / 2) + (int)random.NextInteger((range.Longest / 2) - (range.Shortest / 2) + 1))), range.Ignore, random))]);

    private static (int[] Tokens, int[] Targets, int[] Answers) Word(int length, double ignore, RandomSource random)
    {
        int[] tokens = new int[length], targets = new int[length];
        targets.AsSpan().Fill(Ignored);
        var written = 0;
        for (var i = 0; i < length; i += 2)
        {
            var u = random.NextUniform();
            tokens[i] = i == 0 ? Write : i == length - 2 ? Read : u < ignore ? Ignore : u < (1 + ignore) / 2 ? Write : Read;
            var bit = (int)random.NextInteger(2);
            if (tokens[i] == Write) written = bit;
            tokens[i + 1] = Zero + (tokens[i] == Read ? written : bit);
            if (tokens[i] == Read) targets[i] = Zero + written;
        }

        return (tokens, targets, targets);
    }
}
