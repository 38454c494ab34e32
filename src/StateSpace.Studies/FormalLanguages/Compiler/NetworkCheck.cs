using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.RandomNumbers;

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

    /// <summary>Runs random texts, each letter drawn among those that may follow; where none may, another word begins.</summary>
    /// <param name="model">The network.</param>
    /// <param name="automaton">Its automaton.</param>
    /// <param name="texts">Number of texts.</param>
    /// <param name="length">Length of each.</param>
    /// <param name="seed">Seed of the choices.</param>
    /// <returns>The first text behind which the network allows something else; null where there is none.</returns>
    public static string? RunRandom(SequenceModel model, FiniteAutomaton automaton, int texts, int length, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(automaton);
        using var scope = new TensorScope();
        using var pause = Tape.Pause();
        var (letters, random) = (automaton.Alphabet.Length, new RandomSource(seed));
        var ids = Tensor.Empty([texts, length], DType.Int32);
        var tokens = ids.Span<int>();
        var state = automaton.Start;
        for (var i = 0; i < tokens.Length; i++)
        {
            if (i % length == 0) state = automaton.Start;
            var allowed = Enumerable.Range(0, letters).Where(automaton.After(state).Has).ToList();
            tokens[i] = allowed.Count == 0 ? letters : allowed[(int)(random.NextUniform() * allowed.Count)];
            state = tokens[i] == letters ? automaton.Start : automaton.Next(state, tokens[i]);
        }

        return Compare(model, automaton, ids);
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

        return Compare(model, automaton, ids);
    }

    /// <summary>The first text behind which the network allows something else than the automaton.</summary>
    private static string? Compare(SequenceModel model, FiniteAutomaton automaton, Tensor ids)
    {
        var (rows, steps, letters) = ((int)ids.Shape[0], (int)ids.Shape[1], automaton.Alphabet.Length);
        var (tokens, logits) = (ids.ToArray<int>(), model.Forward(ids).Logits!.ToArray<float>());
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
                    return string.Concat(tokens.AsSpan(row * steps, step + 1).ToArray().Select(id => id == letters ? '|' : automaton.Alphabet[id]));
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
