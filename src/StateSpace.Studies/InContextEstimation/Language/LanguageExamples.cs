using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Language;

/// <summary>Sequences of a task: fresh ones without end, or a set that is gone through again and again, in another order each time.</summary>
internal sealed class LanguageExamples
{
    /// <summary>The target that the loss leaves out.</summary>
    private const int Ignored = -100;

    private readonly LanguageTask _task;
    private readonly RandomSource _random;
    private readonly int[][] _set;
    private int _next;

    /// <summary>Draws the set.</summary>
    /// <param name="task">The task.</param>
    /// <param name="random">Where sequences come from.</param>
    /// <param name="count">Sequences of the set; 0 for fresh ones.</param>
    public LanguageExamples(LanguageTask task, RandomSource random, int count)
    {
        (_task, _random) = (task, random);
        _set = [.. Enumerable.Range(0, count).Select(_ => Fresh())];
    }

    /// <summary>The next sequences.</summary>
    /// <param name="batch">How many, B.</param>
    /// <param name="allTokens">Whether every next token is a target, or those alone that are asked for.</param>
    /// <param name="device">Where the result lies.</param>
    /// <returns>Tokens and the targets after them, (B, L) each.</returns>
    public (Tensor Ids, Tensor Targets) Next(int batch, bool allTokens, Device device)
    {
        var length = _task.Length;
        int[] ids = new int[batch * length], targets = new int[batch * length];
        for (var b = 0; b < batch; b++)
        {
            var tokens = Take();
            for (var t = 0; t < length; t++)
            {
                ids[(b * length) + t] = tokens[t];
                targets[(b * length) + t] = allTokens || _task.IsAsked(t) ? tokens[t + 1] : Ignored;
            }
        }

        return (Tensor.From<int>(ids, [batch, length]).To(device), Tensor.From<int>(targets, [batch, length]).To(device));
    }

    private int[] Take()
    {
        if (_set.Length == 0) return Fresh();
        if (_next == 0) _random.Shuffle(_set.AsSpan());
        var taken = _set[_next];
        _next = (_next + 1) % _set.Length;
        return taken;
    }

    private int[] Fresh()
    {
        var tokens = new int[_task.Length + 1];
        _task.Draw(_random, tokens);
        return tokens;
    }
}
