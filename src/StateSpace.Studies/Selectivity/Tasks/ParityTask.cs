using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Tasks;

/// <summary>
/// Parity: at each position, whether the number of ones up to it is odd. With gates of one sign no model with finite precision computes it at every
/// length (Sarrof et al., 2024, arXiv 2405.17394); gates in [−1, 1] suffice (Grazzi et al., 2025, arXiv 2411.12537).
/// </summary>
/// <param name="length">Length L.</param>
/// <param name="scoredFrom">First scored position.</param>
internal sealed class ParityTask(int length, int scoredFrom = 0) : SequenceTask("parity", 2, length, scoredFrom, 0.5)
{
    /// <inheritdoc/>
    public override void Draw(RandomSource random, Span<int> input, Span<int> labels)
    {
        random.FillIntegers(input, 2);
        var parity = 0;
        for (var i = 0; i < input.Length; i++) labels[i] = parity ^= input[i];
    }
}
