using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Compares a compiled network with its automaton on every word up to a length, dead ones included.</summary>
public static class NetworkCheck
{
    private const int RowsAtATime = 1024, PieceLength = 2000;

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
        var (count, language) = ((long)words, LanguageOf(automaton));
        for (long first = 0; first < count; first += RowsAtATime)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = (int)Math.Min(RowsAtATime, count - first);
            if (Compare(model, language, length, count, first, rows) is { } mismatch) return (0, mismatch);
            progress?.Report((double)(first + rows) / count);
        }

        return (Enumerable.Range(0, length + 1).Sum(n => (long)Math.Pow(letters, n)), null);
    }

    /// <summary>Runs random texts, each letter drawn among those that may follow; where none may, another word begins.</summary>
    /// <param name="model">The network.</param>
    /// <param name="automaton">Its automaton.</param>
    /// <param name="texts">Number of texts.</param>
    /// <param name="length">Length of each; the state is carried from piece to piece.</param>
    /// <param name="seed">Seed of the choices.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The end of the first text behind which the network allows something else; null where there is none.</returns>
    public static string? RunRandom(SequenceModel model, FiniteAutomaton automaton, int texts, int length, ulong seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(automaton);
        var (language, random) = (LanguageOf(automaton), new RandomSource(seed));
        return RunTexts(model, language, [.. Enumerable.Range(0, texts).Select(i => ConstructionCheck.Walk(language, length, random.Split(i)))], cancellation);
    }

    /// <summary>Runs texts of one length, in which −1 ends a word, in pieces.</summary>
    internal static string? RunTexts(SequenceModel model, FormalLanguage language, IReadOnlyList<int[]> texts, CancellationToken cancellation = default)
    {
        var readers = texts.Select(_ => language.Read()).ToArray();
        State? state = null;
        string? mismatch = null;
        for (var first = 0; first < texts[0].Length; first += PieceLength)
        {
            cancellation.ThrowIfCancellationRequested();
            var steps = Math.Min(PieceLength, texts[0].Length - first);
            (mismatch, var next) = Compare(model, language, readers, [.. texts.Select(text => text.AsSpan(first, steps).ToArray())], state);
            state?.Dispose();
            state = next;
            if (mismatch is not null) break;
        }

        state?.Dispose();
        return mismatch;
    }

    /// <summary>Runs every prefix of a member up to a length, each behind the beginning of a text.</summary>
    /// <param name="model">The network.</param>
    /// <param name="language">Its language.</param>
    /// <param name="length">Length of the words.</param>
    /// <param name="all">Whether words that no member begins with are run, too.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Number of prefixes; the first text behind which the network allows something else, null where there is none.</returns>
    /// <exception cref="StudyInputException">There are more than <see cref="MostWords"/> words.</exception>
    internal static (long Prefixes, string? Mismatch) RunPrefixes(SequenceModel model, FormalLanguage language, int length, bool all, CancellationToken cancellation = default)
    {
        var (prefixes, words) = (0L, 0L);
        foreach (var rows in Words(language.Read(), []).Chunk(RowsAtATime))
        {
            cancellation.ThrowIfCancellationRequested();
            if ((words += rows.Length) > MostWords) throw new StudyInputException($"there are more than {MostWords} words of length {length}; take a smaller one");
            var (mismatch, state) = Compare(model, language, [.. rows.Select(_ => language.Read())], rows, null);
            state.Dispose();
            if (mismatch is not null) return (prefixes, mismatch);
        }

        return (prefixes, null);

        // Words that go on no further; what is left of a row begins another.
        IEnumerable<int[]> Words(LanguageReader reader, int[] word)
        {
            var next = reader.Next;
            var goesOn = false;
            prefixes++;
            for (var a = 0; word.Length < length && a < language.Alphabet.Length; a++)
            {
                if (!all && !next.Has(a)) continue;
                goesOn = true;
                var further = reader.Copy();
                further.Advance(a);
                foreach (var longer in Words(further, [.. word, a])) yield return longer;
            }

            if (!goesOn) yield return [-1, .. word, .. Enumerable.Repeat(-1, length - word.Length)];
        }
    }

    private static RegularLanguage LanguageOf(FiniteAutomaton automaton) => new("automaton", "", LanguageClass.Regular, automaton);

    private static string? Compare(SequenceModel model, FormalLanguage language, int length, long count, long first, int rows)
    {
        var letters = language.Alphabet.Length;
        var texts = new int[rows][];
        for (var row = 0; row < rows; row++)
        {
            var line = texts[row] = new int[(2 * length) + 1];
            Spell(first + row, letters, line.AsSpan(0, length));
            line[length] = -1;

            // The same words in another order.
            Spell((first + row + (count / 2) + 1) % count, letters, line.AsSpan(length + 1));
        }

        var (mismatch, state) = Compare(model, language, [.. texts.Select(_ => language.Read())], texts, null);
        state.Dispose();
        return mismatch;
    }

    /// <summary>The first text behind which the network allows something else than the readers, which go on, and the network's state.</summary>
    private static (string? Mismatch, State State) Compare(SequenceModel model, FormalLanguage language, LanguageReader[] readers, IReadOnlyList<int[]> texts, State? before)
    {
        using var pause = Tape.Pause();
        var (steps, letters) = (texts[0].Length, language.Alphabet.Length);
        State state;
        float[] logits;
        using (var scope = new TensorScope())
        {
            var ids = Tensor.From<int>([.. texts.SelectMany(text => text).Select(letter => letter < 0 ? letters : letter)], [texts.Count, steps]);
            var output = model.Forward(ids, before);
            (logits, state) = (output.Logits!.ToArray<float>(), output.State.Keep());
        }

        for (var row = 0; row < texts.Count; row++)
        {
            for (var step = 0; step < steps; step++)
            {
                if (texts[row][step] < 0) readers[row] = language.Read();
                else readers[row].Advance(texts[row][step]);
                var (next, at) = (readers[row].Next, ((row * steps) + step) * (letters + 1));
                for (var a = 0; a <= letters; a++)
                {
                    // Between the two kinds of logits lies much more than rounding can move.
                    var isAllowed = a == letters ? next.End : next.Has(a);
                    if (isAllowed ? logits[at + a] > 8 : logits[at + a] < -8) continue;
                    return (string.Concat(texts[row].Take(step + 1).Select(letter => letter < 0 ? '|' : language.Alphabet[letter])), state);
                }
            }
        }

        return (null, state);
    }

    private static void Spell(long number, int letters, Span<int> word)
    {
        for (var i = word.Length - 1; i >= 0; i--, number /= letters) word[i] = (int)(number % letters);
    }
}
