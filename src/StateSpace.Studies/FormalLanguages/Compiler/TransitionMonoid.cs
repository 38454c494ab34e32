namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>The maps of the states that the words of an automaton make, the identity included.</summary>
internal sealed class TransitionMonoid
{
    /// <summary>Elements up to which a monoid is computed, where nobody asks for more.</summary>
    public const int DefaultLimit = 100_000;

    private TransitionMonoid(int size, int period, string witness) => (Size, Period, Witness) = (size, period, witness);

    /// <summary>Number of elements.</summary>
    public int Size { get; }

    /// <summary>The largest p such that some element x has x^(n+p) = x^n, and not earlier, for large n; 1 where the monoid has no group.</summary>
    public int Period { get; }

    /// <summary>A shortest word of that period; empty where it is 1.</summary>
    public string Witness { get; }

    /// <summary>Whether no element has a period: the language is star-free (Schützenberger, 1965).</summary>
    public bool IsAperiodic => Period == 1;

    /// <summary>The monoid of an automaton.</summary>
    /// <param name="automaton">The automaton, minimal for the syntactic monoid.</param>
    /// <param name="limit">Most elements.</param>
    /// <exception cref="StudyInputException">There are more elements.</exception>
    public static TransitionMonoid Of(FiniteAutomaton automaton, int limit = DefaultLimit)
    {
        var letters = Enumerable.Range(0, automaton.Alphabet.Length)
            .Select(a => Enumerable.Range(0, automaton.StateCount).Select(state => (char)automaton.Next(state, a)).ToArray()).ToList();
        var identity = string.Concat(Enumerable.Range(0, automaton.StateCount).Select(state => (char)state));

        // A map of states as a text of their numbers, and the element and letter from which it came.
        var seen = new Dictionary<string, (int From, int Letter)>(StringComparer.Ordinal) { [identity] = (-1, -1) };
        List<string> elements = [identity];
        for (var i = 0; i < elements.Count; i++)
        {
            for (var a = 0; a < letters.Count; a++)
            {
                var product = Then(elements[i], letters[a]);
                if (!seen.TryAdd(product, (i, a))) continue;
                if (elements.Count == limit) throw new StudyInputException($"the transition monoid has more than {limit} elements; take a simpler language, or raise --monoid-limit");
                elements.Add(product);
            }
        }

        var (period, witness) = (1, "");
        foreach (var element in elements)
        {
            var own = PeriodOf(element);
            if (own > period) (period, witness) = (own, Word(element));
        }

        return new(elements.Count, period, witness);

        string Word(string element)
        {
            var word = "";
            for (var (from, letter) = seen[element]; letter >= 0; (from, letter) = seen[elements[from]]) word = automaton.Alphabet[letter] + word;
            return word;
        }
    }

    private static string Then(string first, ReadOnlySpan<char> second)
    {
        Span<char> product = stackalloc char[first.Length];
        for (var i = 0; i < product.Length; i++) product[i] = second[first[i]];
        return new(product);
    }

    /// <summary>The least common multiple of the lengths of a map's cycles.</summary>
    private static int PeriodOf(string map)
    {
        var period = 1;
        var visit = new int[map.Length];
        for (var start = 0; start < map.Length; start++)
        {
            var (state, step) = (start, 1);
            var offset = (start + 1) * (map.Length + 1);
            while (visit[state] == 0)
            {
                visit[state] = offset + step++;
                state = map[state];
            }

            if (visit[state] > offset) period = LeastCommonMultiple(period, offset + step - visit[state]);
        }

        return period;
    }

    private static int LeastCommonMultiple(int a, int b)
    {
        var (x, y) = (a, b);
        while (y != 0) (x, y) = (y, x % y);
        return a / x * b;
    }
}
