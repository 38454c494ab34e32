using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Compares a network that is carried out step by step with the oracle of its language.</summary>
internal static class ConstructionCheck
{
    /// <summary>Every prefix of a member up to a length; every word at all where the network recognizes.</summary>
    /// <returns>Prefixes, and how many of them the network continues otherwise than the oracle.</returns>
    public static (long Prefixes, long Wrong) Exhaustive(FormalLanguage language, INetworkRun start, bool recognizes, int length, JobContext context)
    {
        var (prefixes, wrong) = (0L, 0L);
        Visit(language.Read(), start, length);
        return (prefixes, wrong);

        void Visit(LanguageReader reader, INetworkRun network, int left)
        {
            if ((prefixes++ & 1023) == 0) context.Cancellation.ThrowIfCancellationRequested();
            var next = reader.Next;
            if (network.Next != next) wrong++;
            for (var a = 0; left > 0 && a < language.Alphabet.Length; a++)
            {
                if (!recognizes && !next.Has(a)) continue;
                var (further, state) = (reader.Copy(), network.Copy());
                further.Advance(a);
                state.Advance(a);
                Visit(further, state, left - 1);
            }
        }
    }

    /// <summary>A text: each symbol uniform on those that may follow, −1 where none may and another word begins.</summary>
    public static int[] Walk(FormalLanguage language, int length, RandomSource random)
    {
        var (reader, letters) = (language.Read(), new int[length]);
        for (var i = 0; i < length; i++)
        {
            var next = reader.Next;
            letters[i] = -1;
            for (var (a, choice) = (0, next.Count == 0 ? -1 : (int)random.NextInteger(next.Count)); choice >= 0; a++)
            {
                if (next.Has(a) && choice-- == 0) letters[i] = a;
            }

            if (letters[i] < 0) reader = language.Read();
            else reader.Advance(letters[i]);
        }

        return letters;
    }

    /// <summary>Places of a text behind which the network says something else than the oracle.</summary>
    public static long Wrong(FormalLanguage language, Func<INetworkRun> start, IReadOnlyList<int> text, JobContext context)
    {
        var (reader, network, wrong) = (language.Read(), start(), 0L);
        for (var i = 0; i < text.Count; i++)
        {
            if ((i & 255) == 0) context.Cancellation.ThrowIfCancellationRequested();
            if (text[i] < 0) (reader, network) = (language.Read(), start());
            else
            {
                reader.Advance(text[i]);
                network.Advance(text[i]);
            }

            if (network.Next != reader.Next) wrong++;
        }

        return wrong;
    }
}
