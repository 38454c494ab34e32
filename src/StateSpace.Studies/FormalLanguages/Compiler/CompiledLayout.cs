namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>A condition on channels of the residual stream as an affine function: 1 where it holds, at most −1 where it does not.</summary>
/// <param name="Terms">Channels with their weights.</param>
/// <param name="Offset">What is added.</param>
internal readonly record struct Literal(IReadOnlyList<(int Channel, double Weight)> Terms, double Offset = 0)
{
    /// <summary>That a channel of ±1 has a sign.</summary>
    public static Literal Sign(int channel, bool isPositive) => new([(channel, isPositive ? 1 : -1)]);

    /// <summary>That consecutive channels of ±1 spell a number in binary, least digit first.</summary>
    public static IEnumerable<Literal> Code(int first, int bits, int number)
    {
        for (var bit = 0; bit < bits; bit++) yield return Sign(first + bit, (number >> bit & 1) != 0);
    }

    /// <summary>Binary digits that tell numbers apart.</summary>
    public static int Bits(int count)
    {
        var bits = 1;
        while (1 << bits < count) bits++;
        return bits;
    }
}

/// <summary>What one cell of a layer does when a unit of its table is on.</summary>
/// <param name="Kind">Which of a layer's actions.</param>
/// <param name="Value">The bit that is written, by cell, where the cells are set; the power by which each turns, where they turn.</param>
internal sealed record UnitAction(UnitKind Kind, IReadOnlyList<int> Value)
{
    /// <summary>Nothing happens.</summary>
    public static UnitAction None { get; } = new(UnitKind.Hold, []);
}

/// <summary>What the cells of a layer do.</summary>
internal enum UnitKind
{
    /// <summary>They keep their state.</summary>
    Hold,

    /// <summary>They are set to bits.</summary>
    Set,

    /// <summary>They are multiplied by roots of unity.</summary>
    Turn,

    /// <summary>They go back to their first state: a new text begins.</summary>
    Restart,
}

/// <summary>A unit of a layer's table: on where all its conditions hold.</summary>
/// <param name="Conditions">The conditions, on what the layers before wrote.</param>
/// <param name="Action">What the cells then do.</param>
/// <param name="Writes">Numbers that it writes into channels of ±1: first channel, digits, number.</param>
internal sealed record TableUnit(IReadOnlyList<Literal> Conditions, UnitAction Action, IReadOnlyList<(int First, int Bits, int Number)> Writes);

/// <summary>How the cells of a layer are read behind it.</summary>
internal enum CellKind
{
    /// <summary>h ← h/4 + b when set: the state before can be read behind it (history cell).</summary>
    History,

    /// <summary>h ← b when set.</summary>
    Plain,

    /// <summary>h ← e^(2πi k/m) h: a cyclic group.</summary>
    Cyclic,
}

/// <summary>One layer of a compiled network: cells, the table that drives them, and where they are read.</summary>
/// <param name="Kind">Kind of the cells.</param>
/// <param name="Orders">Order m of each cyclic cell; 2 for each other one.</param>
/// <param name="Raw">First of the channels that take the cells' values: one each, or two (real and imaginary part) for cyclic ones.</param>
/// <param name="Read">First of the channels of ±1 behind the layer: for a history cell its bit before the letter, for a cyclic one the digits of its power now; −1 where nobody reads them.</param>
/// <param name="Table">The table.</param>
internal sealed record CompiledLayer(CellKind Kind, IReadOnlyList<int> Orders, int Raw, int Read, IReadOnlyList<TableUnit> Table);

/// <summary>A whole network: layers, and units behind the last that say which state the automaton is in.</summary>
/// <param name="Width">Channels of the residual stream.</param>
/// <param name="TokenBits">Binary digits of a token; they are channels 1 to so many.</param>
/// <param name="Logits">First of the channels that hold the logits.</param>
/// <param name="Layers">The layers.</param>
/// <param name="Readout">Conditions and the automaton's state where they hold.</param>
internal sealed record CompiledLayout(
    int Width, int TokenBits, int Logits, IReadOnlyList<CompiledLayer> Layers, IReadOnlyList<(IReadOnlyList<Literal> Conditions, int State)> Readout);
