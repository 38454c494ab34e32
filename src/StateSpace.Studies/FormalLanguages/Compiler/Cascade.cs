namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>What a letter does to one level of a cascade.</summary>
internal enum CellAction
{
    /// <summary>The level keeps its state.</summary>
    Hold,

    /// <summary>The level takes a state, whatever it had.</summary>
    Set,

    /// <summary>The level's states are permuted: a group acts.</summary>
    Permute,
}

/// <summary>One line of a level's table.</summary>
/// <param name="Letter">The letter that is read.</param>
/// <param name="Old">What the levels above knew before it: the automaton is in one of these states.</param>
/// <param name="New">What they know behind it.</param>
/// <param name="Action">What the level does.</param>
/// <param name="Target">The state that it takes, where it is set.</param>
/// <param name="Permutation">From its states to its states, where they are permuted; otherwise empty.</param>
internal sealed record CellRule(int Letter, UInt128 Old, UInt128 New, CellAction Action, int Target, IReadOnlyList<int> Permutation);

/// <summary>One level of a cascade.</summary>
/// <param name="Height">The sets of states that the level divides, by their height.</param>
/// <param name="States">Number of its states; those of a set are the numbers of its tiles.</param>
/// <param name="Start">Its state before the first letter.</param>
/// <param name="Rules">Its table, complete.</param>
internal sealed record CascadeLevel(int Height, int States, int Start, IReadOnlyList<CellRule> Rules)
{
    /// <summary>Bits of a state.</summary>
    public int Bits { get; } = Math.Max(1, (int)Math.Ceiling(Math.Log2(States)));

    /// <summary>The group of permutations of all its states that its letters make; null where no letter permutes them.</summary>
    public PermutationGroup? Group { get; } = GroupOf(States, Rules);

    /// <summary>The permutations that its letters make, without the identity.</summary>
    public IEnumerable<IReadOnlyList<int>> Permutations => Rules.Where(rule => rule.Action == CellAction.Permute).Select(rule => rule.Permutation);

    /// <summary>A permutation of some of the states as one of all: the others stay.</summary>
    public int[] Whole(IReadOnlyList<int> permutation) => [.. permutation, .. Enumerable.Range(permutation.Count, States - permutation.Count)];

    private static PermutationGroup? GroupOf(int states, IReadOnlyList<CellRule> rules)
    {
        var permutations = rules.Where(rule => rule.Action == CellAction.Permute)
            .Select(rule => (int[])[.. rule.Permutation, .. Enumerable.Range(rule.Permutation.Count, states - rule.Permutation.Count)]).ToList();
        return permutations.Count == 0 ? null : PermutationGroup.Of(states, permutations);
    }
}

/// <summary>
/// The holonomy form of the decomposition of Krohn and Rhodes (1965): an automaton as levels, each of which is held, set or permuted by a letter and
/// by what the levels above knew before and know behind it. Without permutations the levels are set-reset cells, and the language is star-free.
/// </summary>
internal sealed class Cascade
{
    private readonly FiniteAutomaton _automaton;
    private readonly ImageSystem _images;
    private readonly List<Dictionary<(int, UInt128, UInt128), CellRule>> _tables = [];

    /// <summary>Decomposes an automaton.</summary>
    /// <param name="automaton">The automaton, minimal.</param>
    /// <exception cref="StudyInputException">It is too large.</exception>
    public Cascade(FiniteAutomaton automaton)
    {
        _automaton = automaton;
        _images = new(automaton);
        var starts = Starts();
        HashSet<(int Letter, UInt128 Old, UInt128 New)> keys = [.. Enumerable.Range(0, automaton.Alphabet.Length).Select(a => (a, _images.Whole, _images.Whole))];
        List<CascadeLevel> levels = [];
        for (var height = _images.Depth; height >= 1; height--)
        {
            var rules = keys.Order().ToDictionary(key => key, key => Rule(height, key.Letter, key.Old, key.New));
            _tables.Add(rules);
            levels.Add(new(height, _images.LargestCount(height), starts[height], [.. rules.Values]));
            keys = [.. rules.Values.SelectMany(rule => Cases(height, rule).Select(step => (rule.Letter, step.Old, step.New)))];
        }

        Levels = levels;
    }

    /// <summary>The automaton.</summary>
    public FiniteAutomaton Automaton => _automaton;

    /// <summary>The levels, from the first.</summary>
    public IReadOnlyList<CascadeLevel> Levels { get; }

    /// <summary>All states of the automaton.</summary>
    public UInt128 Whole => _images.Whole;

    /// <summary>Whether a level divides a set.</summary>
    public bool Divides(CascadeLevel level, UInt128 set) => _images.Height(set) == level.Height;

    /// <summary>The part of a set that a state of a level names; the set itself where the level does not divide it.</summary>
    public UInt128 Part(CascadeLevel level, UInt128 set, int state) => Part(level.Height, set, state);

    /// <summary>Number of parts into which a level divides a set; 1 where it does not.</summary>
    public int Parts(CascadeLevel level, UInt128 set) => Divides(level, set) ? _images.Tiles(set).Count : 1;

    /// <summary>What may happen under a rule: the level's state before, and what this level and those above knew and know.</summary>
    public IEnumerable<(int State, UInt128 Old, UInt128 New)> Cases(CascadeLevel level, CellRule rule) => Cases(level.Height, rule);

    /// <summary>Runs the cascade.</summary>
    /// <param name="states">State of each level; it is changed.</param>
    /// <param name="letter">The letter that is read.</param>
    /// <returns>The state of the automaton behind it.</returns>
    public int Step(int[] states, int letter)
    {
        var (old, now) = (Whole, Whole);
        for (var i = 0; i < Levels.Count; i++)
        {
            var height = Levels[i].Height;
            var rule = _tables[i][(letter, old, now)];
            old = Part(height, old, states[i]);
            states[i] = Next(rule, states[i]);
            now = Part(height, now, states[i]);
        }

        return (int)UInt128.TrailingZeroCount(now);
    }

    /// <summary>The state of a level behind a letter.</summary>
    public static int Next(CellRule rule, int state) => rule.Action switch
    {
        CellAction.Set => rule.Target,
        CellAction.Permute => rule.Permutation[state],
        _ => state,
    };

    private UInt128 Part(int height, UInt128 set, int state) => _images.Height(set) == height ? _images.Tiles(set)[state] : set;

    private IEnumerable<(int State, UInt128 Old, UInt128 New)> Cases(int height, CellRule rule)
    {
        var count = _images.Height(rule.Old) == height ? _images.Tiles(rule.Old).Count : 1;
        for (var state = 0; state < count; state++) yield return (state, Part(height, rule.Old, state), Part(height, rule.New, Next(rule, state)));
    }

    private CellRule Rule(int height, int letter, UInt128 old, UInt128 now)
    {
        if (_images.Height(now) != height) return new(letter, old, now, CellAction.Hold, 0, []);
        var image = _images.Image(old, letter);
        if (image != now)
        {
            var tiles = _images.Tiles(now);
            return new(letter, old, now, CellAction.Set, Enumerable.Range(0, tiles.Count).First(i => (image & ~tiles[i]) == 0), []);
        }

        var permutation = _images.Permutation(old, letter, now);
        return Array.TrueForAll([.. permutation.Select((to, from) => to == from)], isFixed => isFixed)
            ? new(letter, old, now, CellAction.Hold, 0, [])
            : new(letter, old, now, CellAction.Permute, 0, permutation);
    }

    /// <summary>By height, the state that leads to the automaton's first state.</summary>
    private int[] Starts()
    {
        var starts = new int[_images.Depth + 1];
        var set = _images.Whole;
        for (var height = _images.Depth; height >= 1; height--)
        {
            if (_images.Height(set) != height) continue;
            var tiles = _images.Tiles(set);
            starts[height] = Enumerable.Range(0, tiles.Count).First(i => (tiles[i] >> _automaton.Start & 1) != 0);
            set = tiles[starts[height]];
        }

        return starts;
    }
}
