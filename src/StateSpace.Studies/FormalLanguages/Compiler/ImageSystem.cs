namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>
/// The images of an automaton's states under its words, and the single states, with the order of the holonomy decomposition (Zeiger, 1967; Eilenberg,
/// 1976): P ≤ R where a word maps R onto a set that contains P, P ~ R where both hold.
/// </summary>
internal sealed class ImageSystem
{
    /// <summary>States that a set can hold.</summary>
    public const int MostStates = 128;

    private const int MostImages = 4096;

    private readonly FiniteAutomaton _automaton;
    private readonly List<UInt128> _sets = [];
    private readonly Dictionary<UInt128, int> _index = [];
    private readonly List<int[]> _next = [];
    private readonly int[] _class;
    private readonly int[] _height;
    private readonly Dictionary<int, List<int>> _members = [];

    /// <summary>State s of a class's representative as a state of each member, by member; a bijection that a word makes.</summary>
    private readonly Dictionary<int, int[]> _maps = [];
    private readonly Dictionary<int, List<UInt128>> _tiles = [];
    private readonly Dictionary<int, List<UInt128>> _tilesOf = [];

    public ImageSystem(FiniteAutomaton automaton)
    {
        _automaton = automaton;
        if (automaton.StateCount > MostStates) throw new StudyInputException($"the minimal automaton has {automaton.StateCount} states; the compiler takes at most {MostStates}");
        Add((UInt128.One << (automaton.StateCount - 1) << 1) - 1);
        for (var state = 0; state < automaton.StateCount; state++) Add(UInt128.One << state);
        for (var i = 0; i < _sets.Count; i++)
        {
            if (_sets.Count > MostImages) throw new StudyInputException($"the words have more than {MostImages} images; take a simpler language");
            _next.Add([.. Enumerable.Range(0, automaton.Alphabet.Length).Select(a => Add(Image(_sets[i], a)))]);
        }

        var below = Below();
        _class = new int[_sets.Count];
        for (var i = 0; i < _sets.Count; i++)
        {
            _class[i] = Enumerable.Range(0, i + 1).First(j => below[i][j] && below[j][i]);
            if (!_members.TryGetValue(_class[i], out var members)) _members.Add(_class[i], members = []);
            members.Add(i);
        }

        _height = Heights(below);
        foreach (var representative in _members.Keys.Where(i => IsLarge(_sets[i]))) Describe(representative);
    }

    /// <summary>All states.</summary>
    public UInt128 Whole => _sets[0];

    /// <summary>Number of levels.</summary>
    public int Depth => _height[0];

    /// <summary>Number of the level that divides a set, from 1 for the lowest; 0 for a single state.</summary>
    public int Height(UInt128 set) => _height[_index[set]];

    /// <summary>Number of the set's class.</summary>
    public int Class(UInt128 set) => _class[_index[set]];

    /// <summary>The image of a set under a letter.</summary>
    public UInt128 Image(UInt128 set, int letter)
    {
        var image = UInt128.Zero;
        for (var state = 0; state < _automaton.StateCount; state++)
        {
            if ((set >> state & 1) != 0) image |= UInt128.One << _automaton.Next(state, letter);
        }

        return image;
    }

    /// <summary>The tiles of a set: the largest images within it, in the order of its class.</summary>
    public IReadOnlyList<UInt128> Tiles(UInt128 set)
    {
        var index = _index[set];
        if (_tilesOf.TryGetValue(index, out var known)) return known;
        var map = _maps[index];
        return _tilesOf[index] = [.. _tiles[_class[index]].Select(tile => Mapped(tile, map))];
    }

    /// <summary>Most tiles of a set of some height.</summary>
    public int LargestCount(int height) => _tiles.Where(entry => _height[entry.Key] == height).Max(entry => entry.Value.Count);

    /// <summary>How a letter that maps a set onto another of its class permutes their tiles.</summary>
    public int[] Permutation(UInt128 from, int letter, UInt128 to)
    {
        var tiles = Tiles(to).ToList();
        return [.. Tiles(from).Select(tile => tiles.IndexOf(Image(tile, letter)))];
    }

    private static bool IsLarge(UInt128 set) => UInt128.PopCount(set) > UInt128.One;

    private static UInt128 Mapped(UInt128 set, int[] map)
    {
        var image = UInt128.Zero;
        for (var state = 0; state < map.Length; state++)
        {
            if ((set >> state & 1) != 0) image |= UInt128.One << map[state];
        }

        return image;
    }

    private int Add(UInt128 set)
    {
        if (_index.TryGetValue(set, out var index)) return index;
        _index.Add(set, _sets.Count);
        _sets.Add(set);
        return _sets.Count - 1;
    }

    /// <summary>[r][p]: whether p ≤ r.</summary>
    private List<System.Collections.BitArray> Below()
    {
        var inside = _sets.ConvertAll(outer => new System.Collections.BitArray([.. _sets.Select(set => (set & ~outer) == 0)]));
        return _sets.ConvertAll(start =>
        {
            var below = new System.Collections.BitArray(_sets.Count);
            foreach (var image in Reach(_index[start])) below.Or(inside[image]);
            return below;
        });
    }

    private List<int> Reach(int start)
    {
        var seen = new HashSet<int> { start };
        List<int> order = [start];
        for (var i = 0; i < order.Count; i++)
        {
            foreach (var image in _next[order[i]])
            {
                if (seen.Add(image)) order.Add(image);
            }
        }

        return order;
    }

    private int[] Heights(List<System.Collections.BitArray> below)
    {
        var heights = new int[_sets.Count];
        Array.Fill(heights, -1);
        for (var i = 0; i < _sets.Count; i++) HeightOf(i);
        return heights;

        int HeightOf(int r)
        {
            if (heights[r] >= 0) return heights[r];
            if (!IsLarge(_sets[r])) return heights[r] = 0;
            var largest = 0;
            foreach (var p in _members.Keys)
            {
                if (IsLarge(_sets[p]) && below[r][p] && !below[p][r]) largest = Math.Max(largest, HeightOf(p));
            }

            return heights[r] = largest + 1;
        }
    }

    /// <summary>The maps from a representative to the members of its class, breadth first, and its tiles.</summary>
    private void Describe(int representative)
    {
        _maps[representative] = [.. Enumerable.Range(0, _automaton.StateCount)];
        List<int> order = [representative];
        for (var i = 0; i < order.Count; i++)
        {
            for (var a = 0; a < _automaton.Alphabet.Length; a++)
            {
                var to = _next[order[i]][a];
                if (_class[to] != representative || _maps.ContainsKey(to)) continue;
                _maps[to] = [.. _maps[order[i]].Select(state => _automaton.Next(state, a))];
                order.Add(to);
            }
        }

        var set = _sets[representative];
        var within = _sets.Where(other => other != set && (other & ~set) == 0).ToList();
        _tiles[representative] = [.. within.Where(tile => !within.Exists(other => other != tile && (tile & ~other) == 0))];
    }
}
