using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// The property behind "no state space model with gates that are not negative recognizes parity at all lengths" (Sarrof et al. 2024, Theorem 2): under a
/// block of symbols that repeats, h ↦ round(A h + B) with A ≥ 0 is monotone, so that every channel stops or leaves for infinity, and in finite precision
/// the output becomes constant; parity of 1ⁿ asks for period 2.
/// </summary>
/// <remarks>
/// A random network of two layers of 6 channels: A(x) = clip(W x + w), B(x) = V x + v, then RMS norm of a linear mix of (h, x); all values are rounded to
/// p fractional bits, states are 64-bit integers in units of 2^−p and overflow throws.
/// </remarks>
internal sealed class OscillationTrial
{
    private const int Channels = 6;
    private const int Layers = 2;

    private readonly FixedPoint _numbers;
    private readonly double _leastGate;
    private readonly double[][] _tokens;
    private readonly (double[] A, double[] B, double[] Mix)[] _layers;

    /// <summary>A random network.</summary>
    /// <param name="random">Source of the weights.</param>
    /// <param name="signed">Whether gates lie in [−1, 1], otherwise in [0, 1].</param>
    /// <param name="fractionBits">p.</param>
    public OscillationTrial(RandomSource random, bool signed, int fractionBits)
    {
        (_numbers, _leastGate) = (new(fractionBits), signed ? -1 : 0);
        double[] Normal(int count)
        {
            var values = new double[count];
            random.FillNormal(values);
            return values;
        }

        _tokens = [Normal(Channels), Normal(Channels)];
        _layers = [.. Enumerable.Range(0, Layers).Select(_ => (Normal(Channels * (Channels + 1)), Normal(Channels * (Channels + 1)), Normal(2 * Channels * Channels)))];
    }

    /// <summary>Feeds the block again and again.</summary>
    /// <param name="block">Tokens 0 and 1.</param>
    /// <param name="repetitions">How often.</param>
    /// <param name="last">Of how many last blocks changes are counted.</param>
    /// <returns>After how many of the last blocks the output differed from that after the block before.</returns>
    public int Changes(IReadOnlyList<int> block, int repetitions, int last)
    {
        var states = Enumerable.Range(0, Layers).Select(_ => new long[Channels]).ToArray();
        var (before, changes) = (new double[Channels], 0);
        for (var i = 0; i < repetitions; i++)
        {
            var output = before;
            foreach (var token in block)
            {
                output = _tokens[token];
                for (var layer = 0; layer < Layers; layer++) output = Step(_layers[layer], output, states[layer]);
            }

            if (i >= repetitions - last && !output.AsSpan().SequenceEqual(before)) changes++;
            before = output;
        }

        return changes;
    }

    private double[] Step((double[] A, double[] B, double[] Mix) layer, double[] x, long[] h)
    {
        for (var i = 0; i < Channels; i++)
        {
            var gate = Math.Clamp(Affine(layer.A, i, x), _leastGate, 1);
            h[i] = _numbers.Sum(_numbers.Product(_numbers.Of(gate), h[i]), _numbers.Of(Affine(layer.B, i, x)));
        }

        var output = new double[Channels];
        var squares = 0.0;
        for (var i = 0; i < Channels; i++)
        {
            for (var j = 0; j < Channels; j++)
            {
                output[i] += (layer.Mix[(2 * i * Channels) + j] * _numbers.ToDouble(h[j])) + (layer.Mix[(((2 * i) + 1) * Channels) + j] * x[j]);
            }

            squares += output[i] * output[i];
        }

        var scale = 1 / Math.Sqrt((squares / Channels) + 1e-6);
        for (var i = 0; i < Channels; i++) output[i] = _numbers.ToDouble(_numbers.Of(output[i] * scale));
        return output;
    }

    private static double Affine(double[] weights, int row, double[] x)
    {
        var sum = weights[(row * (Channels + 1)) + Channels];
        for (var j = 0; j < Channels; j++) sum += weights[(row * (Channels + 1)) + j] * x[j];
        return sum;
    }
}
