using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Tasks;

/// <summary>
/// Copy with a delay t (Ran-Milo et al., 2024, arXiv 2410.14067, sec. 4.3 and app. F.3): 2t random symbols, and at each of the last t positions the
/// symbol of t steps ago is asked for. Symbols are 1 … V − 1, so that a guess is right in one of V − 1 cases (the paper says an alphabet of 16; its
/// code draws 15 symbols).
/// </summary>
/// <param name="delay">t.</param>
/// <param name="vocabulary">V.</param>
internal sealed class CopyTask(int delay, int vocabulary) : SequenceTask("copy", vocabulary, 2 * delay, delay, 1.0 / (vocabulary - 1))
{
    /// <inheritdoc/>
    public override void Draw(RandomSource random, Span<int> input, Span<int> labels)
    {
        FillSymbols(random, input);
        labels[..ScoredFrom].Clear();
        input[..ScoredFrom].CopyTo(labels[ScoredFrom..]);
    }
}
