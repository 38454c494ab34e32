using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Tasks;

/// <summary>
/// The induction head with h symbols (Ran-Milo et al., 2024, arXiv 2410.14067, sec. 4.3, fig. 1 and app. F.3): among 2h random symbols a mark c = 0 at a
/// random place among the first h; at position 2h the mark again, and from there on the h symbols X that followed the first mark are asked for, one
/// after the other, each given back as the next input.
/// </summary>
/// <param name="symbols">h.</param>
/// <param name="vocabulary">V; symbols are 1 … V − 1.</param>
internal sealed class InductionHeadTask(int symbols, int vocabulary) : SequenceTask("induction", vocabulary, 3 * symbols, 2 * symbols, 1.0 / (vocabulary - 1))
{
    /// <inheritdoc/>
    public override void Draw(RandomSource random, Span<int> input, Span<int> labels)
    {
        var span = Scored;
        FillSymbols(random, input[..ScoredFrom]);
        var mark = (int)random.NextInteger(span);
        input[mark] = 0;
        input[ScoredFrom] = 0;
        var x = input.Slice(mark + 1, span);
        x[..^1].CopyTo(input[(ScoredFrom + 1)..]);
        input[1..].CopyTo(labels);
        labels[^1] = x[^1];
    }
}
