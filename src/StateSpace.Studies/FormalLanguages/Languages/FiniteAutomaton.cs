namespace StateSpace.Studies.FormalLanguages;

/// <summary>A complete deterministic finite automaton; states are 0 … <see cref="StateCount"/> − 1.</summary>
public sealed class FiniteAutomaton
{
    private readonly int[,] _next;
    private readonly bool[] _accepting;
    private readonly bool[] _live;

    /// <summary>An automaton.</summary>
    /// <param name="alphabet">One character a symbol, all different, 1 to 64.</param>
    /// <param name="start">First state.</param>
    /// <param name="next">Following state by state and symbol, (states, symbols).</param>
    /// <param name="accepting">Whether a word that ends in the state is a member, by state.</param>
    /// <exception cref="ArgumentException">The table is not complete, or the alphabet not usable.</exception>
    public FiniteAutomaton(string alphabet, int start, int[,] next, IReadOnlyList<bool> accepting)
    {
        ArgumentNullException.ThrowIfNull(alphabet);
        ArgumentNullException.ThrowIfNull(next);
        ArgumentNullException.ThrowIfNull(accepting);
        if (alphabet.Length is 0 or > 64) throw new ArgumentException($"an alphabet has 1 to 64 symbols, not {alphabet.Length}", nameof(alphabet));
        if (alphabet.Distinct().Count() != alphabet.Length) throw new ArgumentException($"the alphabet '{alphabet}' names a symbol twice", nameof(alphabet));
        if (next.GetLength(0) != accepting.Count || next.GetLength(1) != alphabet.Length)
        {
            throw new ArgumentException(
                $"the table is {next.GetLength(0)} × {next.GetLength(1)}; {accepting.Count} states and {alphabet.Length} symbols need one of that size", nameof(next));
        }

        foreach (var state in next.Cast<int>().Append(start))
        {
            if (state < 0 || state >= accepting.Count) throw new ArgumentException($"there is no state {state}; states are 0 to {accepting.Count - 1}", nameof(next));
        }

        (Alphabet, Start, _next, _accepting) = (alphabet, start, (int[,])next.Clone(), [.. accepting]);
        _live = Live();
    }

    /// <summary>One character a symbol.</summary>
    public string Alphabet { get; }

    /// <summary>First state.</summary>
    public int Start { get; }

    /// <summary>Number of states, dead ones included.</summary>
    public int StateCount => _accepting.Length;

    /// <summary>Number of states from which a word can still be completed.</summary>
    public int LiveCount => _live.Count(live => live);

    /// <summary>Whether a word that ends here is a member.</summary>
    public bool IsAccepting(int state) => _accepting[state];

    /// <summary>Whether an accepting state can be reached from here.</summary>
    public bool IsLive(int state) => _live[state];

    /// <summary>The state after a symbol, which is an index into <see cref="Alphabet"/>.</summary>
    public int Next(int state, int symbol) => _next[state, symbol];

    /// <summary>The state after a word; symbols outside the alphabet are refused.</summary>
    /// <exception cref="ArgumentException">A symbol is not in the alphabet.</exception>
    public int Run(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        var state = Start;
        foreach (var symbol in word) state = _next[state, IndexOf(symbol)];
        return state;
    }

    /// <summary>Whether the word is in the language.</summary>
    /// <exception cref="ArgumentException">A symbol is not in the alphabet.</exception>
    public bool Accepts(string word) => _accepting[Run(word)];

    /// <summary>The symbols that keep the word completable, and whether the word may end here.</summary>
    public NextSymbols After(int state)
    {
        var symbols = 0UL;
        for (var a = 0; a < Alphabet.Length; a++)
        {
            if (_live[_next[state, a]]) symbols |= 1UL << a;
        }

        return new(symbols, _accepting[state]);
    }

    /// <summary>The smallest automaton of the same language (Moore's refinement); states are numbered in breadth-first order from the start, 0.</summary>
    public FiniteAutomaton Minimize()
    {
        var reachable = BreadthFirst(Start, state => Enumerable.Range(0, Alphabet.Length).Select(a => _next[state, a]));
        var group = new int[StateCount];
        foreach (var state in reachable) group[state] = _accepting[state] ? 1 : 0;
        var groups = 0;
        while (true)
        {
            var names = new Dictionary<string, int>(StringComparer.Ordinal);
            var finer = new int[StateCount];
            foreach (var state in reachable)
            {
                var key = string.Join(',', Enumerable.Range(0, Alphabet.Length).Select(a => group[_next[state, a]]).Prepend(group[state]));
                if (!names.TryGetValue(key, out finer[state])) names.Add(key, finer[state] = names.Count);
            }

            group = finer;
            if (names.Count == groups) break;
            groups = names.Count;
        }

        // Reachable states come in breadth-first order, so a group's number is the rank of its first state in that order.
        var next = new int[groups, Alphabet.Length];
        var accepting = new bool[groups];
        foreach (var state in reachable)
        {
            accepting[group[state]] = _accepting[state];
            for (var a = 0; a < Alphabet.Length; a++) next[group[state], a] = group[_next[state, a]];
        }

        return new(Alphabet, group[Start], next, accepting);
    }

    /// <summary>The automaton whose states are the values that can be reached from <paramref name="start"/>; null is the dead state.</summary>
    /// <param name="alphabet">One character a symbol.</param>
    /// <param name="start">First value.</param>
    /// <param name="next">The value after a symbol, null where no word goes on so.</param>
    /// <param name="accepting">Whether a word may end at the value.</param>
    public static FiniteAutomaton Of<TState>(string alphabet, TState start, Func<TState, char, TState?> next, Func<TState, bool> accepting)
        where TState : class
    {
        ArgumentNullException.ThrowIfNull(alphabet);
        ArgumentNullException.ThrowIfNull(next);
        ArgumentNullException.ThrowIfNull(accepting);
        var values = BreadthFirst(start, value => alphabet.Select(symbol => next(value, symbol)).OfType<TState>());
        var index = values.Select((value, i) => (value, i)).ToDictionary(pair => pair.value, pair => pair.i);
        var dead = values.Count;
        var table = new int[dead + 1, alphabet.Length];
        for (var a = 0; a < alphabet.Length; a++)
        {
            table[dead, a] = dead;
            for (var i = 0; i < dead; i++) table[i, a] = next(values[i], alphabet[a]) is { } value ? index[value] : dead;
        }

        return new FiniteAutomaton(alphabet, 0, table, [.. values.Select(accepting), false]).Minimize();
    }

    private static List<TState> BreadthFirst<TState>(TState start, Func<TState, IEnumerable<TState>> next)
    {
        var seen = new HashSet<TState> { start };
        List<TState> order = [start];
        for (var i = 0; i < order.Count; i++)
        {
            foreach (var value in next(order[i]))
            {
                if (seen.Add(value)) order.Add(value);
            }
        }

        return order;
    }

    private int IndexOf(char symbol) => Alphabet.IndexOf(symbol, StringComparison.Ordinal) is >= 0 and var index
        ? index
        : throw new ArgumentException($"'{symbol}' is not in the alphabet '{Alphabet}'");

    private bool[] Live()
    {
        var live = (bool[])_accepting.Clone();
        for (var changed = true; changed;)
        {
            changed = false;
            for (var state = 0; state < live.Length; state++)
            {
                if (live[state] || !Enumerable.Range(0, Alphabet.Length).Any(a => live[_next[state, a]])) continue;
                live[state] = changed = true;
            }
        }

        return live;
    }
}
