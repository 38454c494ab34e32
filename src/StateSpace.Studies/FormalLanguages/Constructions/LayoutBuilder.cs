using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Puts a network together by hand, layer by layer.</summary>
/// <param name="letters">Letters of the alphabet.</param>
internal sealed class LayoutBuilder(int letters)
{
    private readonly List<CompiledLayer> _layers = [];
    private readonly int _tokenBits = Literal.Bits(letters + 1);

    // Channel 0 is the constant that fixes the norm, the token follows.
    private int _width = 1 + Literal.Bits(letters + 1);

    /// <summary>That the token is this letter; the one behind the last begins a new text.</summary>
    public IReadOnlyList<Literal> Token(int token) => [.. Literal.Code(1, _tokenBits, token)];

    /// <summary>Adds a layer; a new text returns its cells to their beginning.</summary>
    /// <param name="kind">Kind of its cells.</param>
    /// <param name="orders">By cell: order m where it is cyclic, otherwise 2.</param>
    /// <param name="table">When the cells do what.</param>
    /// <param name="isRead">Whether digits of ±1 are made of the cells for later layers.</param>
    /// <param name="counted">Values that are told apart of a counter that is read.</param>
    public CompiledLayer Add(
        CellKind kind, IReadOnlyList<int> orders, IEnumerable<(IReadOnlyList<Literal> When, UnitAction Action)> table, bool isRead = false, (int Least, int Greatest) counted = default)
    {
        var raw = Take(kind == CellKind.Cyclic ? 2 * orders.Count : orders.Count);
        var digits = kind == CellKind.Counter ? orders.Count * Literal.Bits(counted.Greatest - counted.Least + 1) : orders.Sum(Literal.Bits);
        CompiledLayer layer = new(
            kind, orders, raw, isRead ? Take(digits) : -1, [.. table.Append((Token(letters), UnitAction.Restart)).Select(unit => new TableUnit(unit.Item1, unit.Item2, []))], counted);
        _layers.Add(layer);
        return layer;
    }

    /// <summary>The network.</summary>
    /// <param name="readout">What adds how much to the logits of the letters and of the end.</param>
    /// <param name="growth">By letter: how much longer it makes a word; of what is allowed, the end and what makes it shorter are preferred.</param>
    public CompiledLayout Build(IEnumerable<ReadoutUnit> readout, Func<int, int>? growth = null)
    {
        var logits = Take(letters + 1);
        if (growth is not null)
        {
            var order = Enumerable.Range(0, letters).OrderBy(growth).ToList();
            readout = readout.Append(new([], [.. Enumerable.Range(0, letters + 1).Select(token => token == letters ? 0 : -CompiledLayout.Preference * (1 + order.IndexOf(token)))]));
        }

        return new(letters, _width, logits, _layers, [.. readout]);
    }

    /// <summary>What is allowed where the conditions hold, and nothing else.</summary>
    public ReadoutUnit Allow(IReadOnlyList<Literal> when, ulong symbols, bool end) => new(when, CompiledLayout.LogitsOf(new(symbols, end), letters));

    /// <summary>What the conditions take from and add to what other units allow.</summary>
    public ReadoutUnit Change(IReadOnlyList<Literal> when, ulong forbidden, ulong allowed)
    {
        double Of(int token) => (allowed >> token & 1) != 0 ? 2 * CompiledLayout.Allowed : (forbidden >> token & 1) != 0 ? -2 * CompiledLayout.Allowed : 0;
        return new(when, [.. Enumerable.Range(0, letters + 1).Select(Of)]);
    }

    private int Take(int channels)
    {
        var first = _width;
        _width += channels;
        return first;
    }
}
