using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Compares a construction with the oracle of its language.</summary>
internal static class ConstructionCheck
{
    /// <summary>Every prefix of a member up to a length; every word at all where the construction recognizes.</summary>
    /// <returns>Prefixes, and how many of them the network continues otherwise than the oracle.</returns>
    public static (long Prefixes, long Wrong) Exhaustive<T>(Construction construction, INumbers<T> numbers, int length, JobContext context)
    {
        var (prefixes, wrong) = (0L, 0L);
        Visit(construction.Language.Read(), new(construction, numbers), length);
        return (prefixes, wrong);

        void Visit(LanguageReader reader, RunningConstruction<T> network, int left)
        {
            if ((prefixes++ & 1023) == 0) context.Cancellation.ThrowIfCancellationRequested();
            var next = reader.Next;
            if (network.Next != next) wrong++;
            if (left == 0) return;
            for (var a = 0; a < construction.Language.Alphabet.Length; a++)
            {
                if (!construction.Recognizes && !next.Has(a)) continue;
                var (further, state) = (reader.Copy(), network.Copy());
                further.Advance(a);
                state.Advance(a);
                Visit(further, state, left - 1);
            }
        }
    }

    /// <summary>Random walks: each symbol uniform on those that may follow, from the start again where none may.</summary>
    /// <returns>Steps, and how many of them the network continues otherwise than the oracle.</returns>
    public static (long Steps, long Wrong) Walks<T>(Construction construction, INumbers<T> numbers, int walks, int length, RandomSource random, JobContext context)
    {
        var wrong = 0L;
        for (var walk = 0; walk < walks; walk++)
        {
            var reader = construction.Language.Read();
            RunningConstruction<T> network = new(construction, numbers);
            for (var i = 0; i < length; i++)
            {
                if ((i & 255) == 0) context.Cancellation.ThrowIfCancellationRequested();
                if (reader.Next.Count == 0) (reader, network) = (construction.Language.Read(), new(construction, numbers));
                var choice = (int)random.NextInteger(reader.Next.Count);
                var symbol = Enumerable.Range(0, construction.Language.Alphabet.Length).Where(reader.Next.Has).ElementAt(choice);
                reader.Advance(symbol);
                network.Advance(symbol);
                if (network.Next != reader.Next) wrong++;
            }
        }

        return ((long)walks * length, wrong);
    }
}
