using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Tasks;

/// <summary>
/// Counting modulo m: at each position, how many ones there were up to it, modulo m; for m = 2 this is parity. With gates of one sign no model with finite
/// precision computes parity at every length (Sarrof et al., 2024, arXiv 2405.17394, theorem 2); with real gates, whatever their sign, none counts modulo
/// an m that is no power of 2 (Grazzi et al., 2025, arXiv 2411.12537, theorem 2); a complex gate of angle 2π/m does.
/// </summary>
/// <param name="modulus">m, at least 2.</param>
/// <param name="length">Length L.</param>
/// <param name="scoredFrom">First scored position.</param>
internal sealed class CountingTask(int modulus, int length, int scoredFrom = 0)
    : SequenceTask(modulus == 2 ? "parity" : $"modulo{modulus}", modulus, length, scoredFrom, 1.0 / modulus)
{
    /// <inheritdoc/>
    public override void Draw(RandomSource random, Span<int> input, Span<int> labels)
    {
        random.FillIntegers(input, 2);
        var count = 0;
        for (var i = 0; i < input.Length; i++) labels[i] = count = (count + input[i]) % Vocabulary;
    }
}
