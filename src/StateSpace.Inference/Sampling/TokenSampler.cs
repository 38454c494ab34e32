using System.Numerics.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Inference.Sampling;

/// <summary>
/// Chooses tokens. The order is: repetition penalty, temperature, top-k, softmax, top-p, min-p, draw. Ties go to the smaller token. It keeps its working memory
/// from token to token; not safe for use by several threads.
/// </summary>
/// <param name="options">How to choose.</param>
public sealed class TokenSampler(SamplingOptions options)
{
    private float[] _logits = [];
    private float[] _weights = [];
    private int[] _tokens = [];

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">Unnormalized log-probabilities of the tokens 0, 1, …</param>
    /// <param name="seen">Tokens that occurred in the text, each once, for the repetition penalty.</param>
    /// <param name="random">Gives one number where the choice is random.</param>
    /// <exception cref="ArithmeticException">A logit is NaN or positive infinity, or all are negative infinity.</exception>
    public int Sample(ReadOnlySpan<float> logits, IEnumerable<int> seen, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(random);
        if (options.RepetitionPenalty != 1) logits = Penalize(logits, seen);
        var best = IndexOfLargest(logits);
        if (options.Temperature == 0 || options.TopK == 1) return best;

        Reserve(logits.Length);
        var count = logits.Length;
        var weights = _weights.AsSpan(0, count);
        TensorPrimitives.Subtract(logits, logits[best], weights);
        TensorPrimitives.Multiply(weights, (float)(1 / options.Temperature), weights);
        TensorPrimitives.Exp(weights, weights);
        for (var i = 0; i < count; i++) _tokens[i] = i;

        // The largest weight is 1, so min-p is a bound on the weights themselves.
        if (options.TopK > 0 && options.TopK < count) count = Cut(count, 0, options.TopK, double.PositiveInfinity);
        if (options.TopP < 1) count = Cut(count, LeastOfNucleus(count), count, options.TopP * Sum(count));
        if (options.MinP > 0) count = Drop(count, (float)options.MinP);
        return Draw(count, random.NextUniform());
    }

    /// <summary>The first of the largest logits.</summary>
    private static int IndexOfLargest(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty) throw new ArgumentException("there are no logits to choose from", nameof(logits));
        var best = TensorPrimitives.IndexOfMax(logits);
        if (!float.IsFinite(logits[best])) throw new ArithmeticException($"the logit of token {best} is {logits[best]}: the model's weights or its state are damaged");
        return best;
    }

    private ReadOnlySpan<float> Penalize(ReadOnlySpan<float> logits, IEnumerable<int> seen)
    {
        if (_logits.Length < logits.Length) _logits = new float[logits.Length];
        logits.CopyTo(_logits);
        var (penalty, inverse) = ((float)options.RepetitionPenalty, (float)(1 / options.RepetitionPenalty));
        foreach (var token in seen)
        {
            if ((uint)token < (uint)logits.Length) _logits[token] *= _logits[token] > 0 ? inverse : penalty;
        }

        return _logits.AsSpan(0, logits.Length);
    }

    private void Reserve(int count)
    {
        if (_weights.Length >= count) return;
        _weights = new float[count];
        _tokens = new int[count];
    }

    /// <summary>
    /// A weight below which no token belongs to the nucleus: tokens lighter than (1 − p)·sum / count weigh less than (1 − p)·sum together, so the others reach p
    /// without them. Sorting those that remain, not the whole vocabulary, is what makes top-p cheap.
    /// </summary>
    private float LeastOfNucleus(int count) => (float)((1 - options.TopP) * Sum(count) / count * 0.999);

    /// <summary>Keeps the heaviest tokens, heaviest first: at most <paramref name="most"/> of weight at least <paramref name="least"/>, until they reach a total.</summary>
    private int Cut(int count, float least, int most, double total)
    {
        count = Drop(count, least);
        SortHeaviestFirst(count);
        var kept = 0;
        for (var sum = 0.0; kept < Math.Min(count, most) && sum < total; kept++) sum += _weights[kept];
        return Math.Max(1, kept);
    }

    private void SortHeaviestFirst(int count)
    {
        // Negated weights sort upwards. Array.Sort does not keep the order of equal keys, which the tokens then settle.
        var weights = _weights.AsSpan(0, count);
        var tokens = _tokens.AsSpan(0, count);
        TensorPrimitives.Negate(weights, weights);
        MemoryExtensions.Sort(weights, tokens);
        for (var start = 0; start < count;)
        {
            var end = start + 1;
            while (end < count && weights[end] == weights[start]) end++;
            if (end - start > 1) tokens[start..end].Sort();
            start = end;
        }

        TensorPrimitives.Negate(weights, weights);
    }

    /// <summary>Drops tokens lighter than a bound; the order of the others stays.</summary>
    private int Drop(int count, float least)
    {
        if (least <= 0) return count;
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (_weights[i] < least) continue;
            (_weights[kept], _tokens[kept]) = (_weights[i], _tokens[i]);
            kept++;
        }

        return kept;
    }

    private double Sum(int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++) sum += _weights[i];
        return sum;
    }

    private int Draw(int count, double uniform)
    {
        var target = uniform * Sum(count);
        var (sum, last) = (0.0, 0);
        for (var i = 0; i < count; i++)
        {
            if (_weights[i] == 0) continue;
            last = i;
            sum += _weights[i];
            if (target < sum) break;
        }

        return _tokens[last];
    }
}
