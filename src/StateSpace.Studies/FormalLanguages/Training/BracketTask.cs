using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// Dyck(K,h) as a language model sees it (Hewitt et al., 2020; Yao et al., 2021): the next symbol is trained, and wherever a bracket is open the test asks
/// whether more than 0.8 of what the network gives to closing brackets goes to the right one (close accuracy).
/// </summary>
/// <remarks>
/// Words are drawn symbol by symbol: with nothing open the end or an opening bracket with chance 1/2 each, at depth h the closing bracket, otherwise
/// opening or closing alike; kinds are uniform. An end before the least length is drawn again, a word beyond the greatest is thrown away.
/// </remarks>
internal sealed record BracketTask(int Kinds, int Depth, WordRange Training, params IReadOnlyList<WordRange> Tests)
    : TrainedTask($"dyck-{Kinds}-{Depth}", Training, Tests)
{
    // Batches that are drawn together, so that each has words of nearly one length.
    private const int Pool = 16;
    private const double Sure = 0.8;

    private int Start => 2 * Kinds;

    private int End => Start + 1;

    /// <summary>Words mostly end as soon as they may.</summary>
    public override double MeanLength => Math.Min(Training.Longest, Training.Shortest + 40);

    /// <summary>The brackets, the start and the end.</summary>
    public override int Vocabulary => End + 1;

    /// <inheritdoc/>
    public override TaskBatch Draw(int count, WordRange range, RandomSource random) => Batch([.. Enumerable.Range(0, count).Select(_ => Word(range, random))], range);

    /// <inheritdoc/>
    public override IEnumerable<TaskBatch> Batches(int count, RandomSource random)
    {
        while (true)
        {
            var words = Enumerable.Range(0, Pool * count).Select(_ => Word(Training, random)).OrderBy(word => word.Length).ToList();
            var order = Enumerable.Range(0, Pool).ToArray();
            random.Shuffle<int>(order);
            foreach (var part in order) yield return Batch(words.GetRange(part * count, count), Training);
        }
    }

    /// <inheritdoc/>
    public override bool IsRight(ReadOnlySpan<float> logits, int answer)
    {
        // p(answer) > 0.8 Σ p(closing) with p = exp(logit − logit of the answer).
        var sum = 0.0;
        for (var closing = 1; closing < Start; closing += 2) sum += Math.Exp(logits[closing] - logits[answer]);
        return Sure * sum < 1;
    }

    /// <summary>A word of bracket 2k, which opens, and 2k + 1, which closes.</summary>
    internal int[] Word(WordRange range, RandomSource random)
    {
        List<int> word = [];
        Stack<int> open = new();
        while (true)
        {
            var coin = random.NextUniform() < 0.5;
            var opens = open.Count == 0 || (open.Count < Depth && coin);
            if (open.Count == 0 && coin && word.Count >= range.Shortest) return [.. word];
            var bracket = opens ? 2 * (int)random.NextInteger(Kinds) : open.Pop() + 1;
            if (opens) open.Push(bracket);
            word.Add(bracket);
            if (word.Count <= range.Longest) continue;
            word.Clear();
            open.Clear();
        }
    }

    private TaskBatch Batch(IReadOnlyList<int[]> words, WordRange range)
    {
        var nats = 0.0;
        List<(int[], int[], int[])> positions = [];
        foreach (var word in words)
        {
            var answers = new int[word.Length + 1];
            Stack<int> open = new();
            for (var i = 0; i <= word.Length; i++)
            {
                answers[i] = open.TryPeek(out var last) ? last + 1 : Ignored;
                var forced = open.Count == Depth || (open.Count == 0 && i < range.Shortest);
                if (!forced) nats += Math.Log(2);
                if (i == word.Length) continue;
                if (word[i] % 2 == 0) nats += Math.Log(Kinds);
                if (word[i] % 2 == 0) open.Push(word[i]);
                else open.Pop();
            }

            positions.Add(([Start, .. word], [.. word, End], answers));
        }

        return Batch(positions, nats);
    }
}
