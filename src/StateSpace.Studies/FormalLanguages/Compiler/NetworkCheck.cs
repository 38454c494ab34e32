using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Compares a compiled network with its automaton on every word up to a length, dead ones included.</summary>
public static class NetworkCheck
{
    private const int RowsAtATime = 1024;

    /// <summary>Most words of the full length.</summary>
    public const int MostWords = 1 << 20;

    /// <summary>
    /// Runs every word of a length, and behind it the end of a text and another word, so that the return to the first state is compared too. Words up to
    /// the length are their prefixes.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="automaton">Its automaton.</param>
    /// <param name="length">Length of the words.</param>
    /// <param name="progress">Takes the share that is done; null where nobody wants it.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Number of prefixes that were compared; the first word behind which the network allows something else, null where there is none.</returns>
    /// <exception cref="StudyInputException">There are more than <see cref="MostWords"/> words.</exception>
    public static (long Prefixes, string? Mismatch) Run(SequenceModel model, FiniteAutomaton automaton, int length, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(automaton);
        var letters = automaton.Alphabet.Length;
        var words = Math.Pow(letters, length);
        if (words > MostWords) throw new StudyInputException($"there are {letters}^{length} words of length {length}, more than {MostWords} can be checked; take a smaller one");
        var count = (long)words;
        for (long first = 0; first < count; first += RowsAtATime)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = (int)Math.Min(RowsAtATime, count - first);
            if (Compare(model, automaton, length, count, first, rows) is { } mismatch) return (0, mismatch);
            progress?.Report((double)(first + rows) / count);
        }

        return (Enumerable.Range(0, length + 1).Sum(n => (long)Math.Pow(letters, n)), null);
    }

    private static string? Compare(SequenceModel model, FiniteAutomaton automaton, int length, long count, long first, int rows)
    {
        using var scope = new TensorScope();
        using var pause = Tape.Pause();
        var (letters, steps) = (automaton.Alphabet.Length, (2 * length) + 1);
        var ids = Tensor.Empty([rows, steps], DType.Int32);
        var tokens = ids.Span<int>();
        for (var row = 0; row < rows; row++)
        {
            var line = tokens.Slice(row * steps, steps);
            Spell(first + row, letters, line[..length]);
            line[length] = letters;

            // The same words in another order.
            Spell((first + row + (count / 2) + 1) % count, letters, line[(length + 1)..]);
        }

        var logits = model.Forward(ids).Logits!.ToArray<float>();
        for (var row = 0; row < rows; row++)
        {
            var state = automaton.Start;
            for (var step = 0; step < steps; step++)
            {
                var token = tokens[(row * steps) + step];
                state = token == letters ? automaton.Start : automaton.Next(state, token);
                var (next, at) = (automaton.After(state), ((row * steps) + step) * (letters + 1));
                for (var a = 0; a <= letters; a++)
                {
                    // Between the two kinds of logits lies much more than rounding can move.
                    var isAllowed = a == letters ? next.End : next.Has(a);
                    if (isAllowed ? logits[at + a] > 8 : logits[at + a] < -8) continue;
                    return string.Concat(tokens.Slice(row * steps, step + 1).ToArray().Select(id => id == letters ? '|' : automaton.Alphabet[id]));
                }
            }
        }

        return null;
    }

    private static void Spell(long number, int letters, Span<int> word)
    {
        for (var i = word.Length - 1; i >= 0; i--, number /= letters) word[i] = (int)(number % letters);
    }
}
