
namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>An automaton with empty steps (Thompson, 1968), from which the subset construction makes a deterministic one.</summary>
/// <param name="alphabet">One character a symbol.</param>
internal sealed class NondeterministicAutomaton(string alphabet)
{
    /// <summary>Deterministic states up to which the subset construction goes.</summary>
    public const int MostStates = 20_000;

    private readonly List<List<int>> _empty = [];
    private readonly List<List<(char Symbol, int To)>> _steps = [];

    /// <summary>Adds a state.</summary>
    public int Add()
    {
        if (_empty.Count > 4 * MostStates) throw new StudyInputException($"the expression needs more than {4 * MostStates} states; it is too large");
        _empty.Add([]);
        _steps.Add([]);
        return _empty.Count - 1;
    }

    /// <summary>Adds a step that reads nothing.</summary>
    public void Empty(int from, int to) => _empty[from].Add(to);

    /// <summary>Adds a step that reads a symbol.</summary>
    public void Step(int from, char symbol, int to) => _steps[from].Add((symbol, to));

    /// <summary>The minimal deterministic automaton.</summary>
    /// <param name="start">First state.</param>
    /// <param name="end">The accepting state.</param>
    /// <exception cref="StudyInputException">There are more than <see cref="MostStates"/> sets of states.</exception>
    public FiniteAutomaton Determinize(int start, int end)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        List<int[]> sets = [];
        List<int[]> rows = [];
        Number([start]);
        for (var i = 0; i < sets.Count; i++)
        {
            var set = sets[i];
            rows.Add([.. alphabet.Select(symbol => Number(set.SelectMany(state => _steps[state]).Where(step => step.Symbol == symbol).Select(step => step.To)))]);
        }

        var next = new int[sets.Count, alphabet.Length];
        for (var i = 0; i < rows.Count; i++)
        {
            for (var a = 0; a < alphabet.Length; a++) next[i, a] = rows[i][a];
        }

        return new FiniteAutomaton(alphabet, 0, next, [.. sets.Select(set => set.Contains(end))]).Minimize();

        int Number(IEnumerable<int> states)
        {
            var closure = Closure(states);
            var key = string.Join(',', closure);
            if (numbers.TryGetValue(key, out var number)) return number;
            if (sets.Count == MostStates) throw new StudyInputException($"the deterministic automaton has more than {MostStates} states; take a simpler expression");
            numbers.Add(key, number = sets.Count);
            sets.Add(closure);
            return number;
        }
    }

    private int[] Closure(IEnumerable<int> states)
    {
        var seen = new SortedSet<int>(states);
        var open = new Stack<int>(seen);
        while (open.TryPop(out var state))
        {
            foreach (var to in _empty[state])
            {
                if (seen.Add(to)) open.Push(to);
            }
        }

        return [.. seen];
    }
}
