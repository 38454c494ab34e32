namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>A condition on channels of the residual stream as an affine function: 1 where it holds, at most −1 where it does not.</summary>
/// <param name="Terms">Channels with their weights.</param>
/// <param name="Offset">What is added.</param>
internal readonly record struct Literal(IReadOnlyList<(int Channel, double Weight)> Terms, double Offset = 0)
{
    /// <summary>That a channel of ±1 has a sign.</summary>
    public static Literal Sign(int channel, bool isPositive) => new([(channel, isPositive ? 1 : -1)]);

    /// <summary>That a channel of 0 or 1 is 1, or 0.</summary>
    public static Literal Bit(int channel, bool isOne) => isOne ? new([(channel, 2)], -1) : new([(channel, -2)], 1);

    /// <summary>That a channel of whole numbers from <paramref name="least"/> on has its least value.</summary>
    public static Literal IsLeast(int channel, int least) => new([(channel, -2)], 1 + (2 * least));

    /// <summary>The sign of a cell that holds h − 1.</summary>
    public static Literal SignCell(int channel, bool isPositive) => isPositive ? new([(channel, 1)], 1) : new([(channel, -1)], -1);

    /// <summary>cos(θ − 2πk/m) of a cell that holds e^(iθ) − 1, scaled so that it is 1 at the power k and −1 at the next ones.</summary>
    public static Literal Phase(int channel, int order, int power)
    {
        var (sin, cos) = Math.SinCos(2 * Math.PI * power / order);
        var gap = 1 - Math.Cos(2 * Math.PI / order);
        return new([(channel, 2 * cos / gap), (channel + 1, 2 * sin / gap)], (2 * (cos - 1) / gap) + 1);
    }

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

/// <summary>What the cells of a layer do when a unit of its table is on.</summary>
/// <param name="Kind">Which of a layer's actions.</param>
/// <param name="Value">By cell: the bit to which it is set, −1 where it is held; the power by which it turns; the number that it counts on.</param>
internal sealed record UnitAction(UnitKind Kind, IReadOnlyList<int> Value)
{
    /// <summary>Nothing happens.</summary>
    public static UnitAction None { get; } = new(UnitKind.Hold, []);

    /// <summary>A new text begins.</summary>
    public static UnitAction Restart { get; } = new(UnitKind.Restart, []);
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

    /// <summary>They count.</summary>
    Count,

    /// <summary>They go back to their first state: a new text begins.</summary>
    Restart,
}

/// <summary>A unit of a layer's table: on where all its conditions hold.</summary>
/// <param name="Conditions">The conditions, on what the layers before wrote.</param>
/// <param name="Action">What the cells then do.</param>
/// <param name="Writes">Numbers that it writes into channels of ±1: first channel, digits, number.</param>
internal sealed record TableUnit(IReadOnlyList<Literal> Conditions, UnitAction Action, IReadOnlyList<(int First, int Bits, int Number)> Writes);

/// <summary>A unit behind the last layer, and what it adds to each token's logit.</summary>
/// <param name="Conditions">The conditions.</param>
/// <param name="Logits">By token; the last one ends a text.</param>
internal sealed record ReadoutUnit(IReadOnlyList<Literal> Conditions, IReadOnlyList<double> Logits);

/// <summary>The cells of a layer.</summary>
internal enum CellKind
{
    /// <summary>h ← h/4 + b when set: the state before can be read behind it (history cell).</summary>
    History,

    /// <summary>h ← b when set.</summary>
    Plain,

    /// <summary>h ← −h, or h ← ±1 when set; h begins with 1 and is kept as h − 1.</summary>
    Sign,

    /// <summary>h ← e^(2πi k/m) h: a cyclic group; h begins with 1 and is kept as h − 1.</summary>
    Cyclic,

    /// <summary>h ← h + b: a counter.</summary>
    Counter,
}

/// <summary>A ramp over a sum of channels: values are added where it is at least <paramref name="Above"/>, nothing where at most <paramref name="Below"/>.</summary>
/// <param name="Terms">Channels with their weights.</param>
/// <param name="Offset">What is added to them.</param>
/// <param name="Below">Where the ramp is 0.</param>
/// <param name="Above">Where it is 1; it rises over the middle third between.</param>
/// <param name="Outputs">Channels with the values that are added.</param>
internal sealed record ReadStep(
    IReadOnlyList<(int Channel, double Weight)> Terms, double Offset, double Below, double Above, IReadOnlyList<(int Channel, double Value)> Outputs);

/// <summary>One layer of a network: cells, the table that drives them, and where they are read.</summary>
/// <param name="Kind">Kind of the cells.</param>
/// <param name="Orders">Order m of each cyclic cell; 2 for each other one.</param>
/// <param name="Raw">First of the channels that take the cells' values: one each, or two (real and imaginary part) for cyclic ones.</param>
/// <param name="Read">
/// First of the channels of ±1 behind the layer: for a history cell its bit before the letter, for a sign 1 where it is −1, for a cyclic cell the digits of its power, for
/// a counter those of its value above the least; −1 where nobody reads them.
/// </param>
/// <param name="Table">The table.</param>
/// <param name="Counted">Least and greatest value of a counter that are told apart; what lies beyond is read as these.</param>
internal sealed record CompiledLayer(
    CellKind Kind, IReadOnlyList<int> Orders, int Raw, int Read, IReadOnlyList<TableUnit> Table, (int Least, int Greatest) Counted = default)
{
    /// <summary>What is added to a history cell's value where it was set: its zones are then apart from those where it was held.</summary>
    public const double SetOffset = 2;

    /// <summary>
    /// Where the bit before the letter changes along h, or h + 2 where the cell was set: held, h is in [0, 1/3] or [1, 4/3]; set, the bit before it is
    /// h/4's share, [0, 1/12] or [1/4, 1/3], above the bit now.
    /// </summary>
    private static readonly (double Below, double Above, int Sign)[] HistorySteps =
    [
        (1.0 / 3, 1, 1), (4.0 / 3, 2, -1), (2 + (1.0 / 12), 2.25, 1), (2 + (1.0 / 3), 3, -1), (3 + (1.0 / 12), 3.25, 1),
    ];

    /// <summary>Channels that a cell's value takes.</summary>
    public int ChannelsPerCell => Kind == CellKind.Cyclic ? 2 : 1;

    /// <summary>How the cells are read: what the channels hold before, and ramps over the cells' values.</summary>
    public (IReadOnlyList<(int Channel, double Value)> Begin, IReadOnlyList<ReadStep> Steps) Reading()
    {
        List<(int, double)> begin = [];
        List<ReadStep> steps = [];
        var at = Read;
        for (var cell = 0; Read >= 0 && cell < Orders.Count; cell++)
        {
            var raw = Raw + (ChannelsPerCell * cell);
            switch (Kind)
            {
                case CellKind.History:
                    begin.Add((at, -1));
                    steps.AddRange(HistorySteps.Select(step => new ReadStep([(raw, 1)], 0, step.Below, step.Above, [(Read + cell, 2 * step.Sign)])));
                    at++;
                    break;
                case CellKind.Sign:
                    begin.Add((at, -1));
                    steps.Add(new([(raw, -1)], 0, 0, 2, [(at++, 2)]));
                    break;
                case CellKind.Cyclic:
                    var bits = Literal.Bits(Orders[cell]);
                    for (var power = 0; power < Orders[cell]; power++)
                    {
                        // Re of what the cell holds, turned back: 1 where the power is this one.
                        var (sin, cos) = Math.SinCos(2 * Math.PI * power / Orders[cell]);
                        steps.Add(new([(raw, cos), (raw + 1, sin)], cos, Math.Cos(2 * Math.PI / Orders[cell]), 1, [.. Digits(at, bits, power)]));
                    }

                    at += bits;
                    break;
                case CellKind.Counter:
                    var (least, greatest) = Counted;
                    var digits = Literal.Bits(greatest - least + 1);
                    begin.AddRange(Digits(at, digits, 0));
                    for (var value = least + 1; value <= greatest; value++)
                    {
                        var (old, now) = (Digits(at, digits, value - least - 1), Digits(at, digits, value - least));
                        steps.Add(new([(raw, 1)], 0, value - 1, value, [.. now.Zip(old).Select(pair => (pair.First.Channel, pair.First.Value - pair.Second.Value)).Where(pair => pair.Item2 != 0)]));
                    }

                    at += digits;
                    break;
                default:
                    throw new InvalidOperationException("the value of a plain cell is its bit; it is read as it is");
            }
        }

        return (begin, steps);
    }

    private static IEnumerable<(int Channel, double Value)> Digits(int at, int bits, int number) =>
        Enumerable.Range(0, bits).Select(bit => (at + bit, (number >> bit & 1) != 0 ? 1.0 : -1.0));
}

/// <summary>A whole network: layers, and units behind the last that give the logits.</summary>
/// <param name="Letters">Letters of the alphabet; token i is letter i, and one more ends a text.</param>
/// <param name="Width">Channels of the residual stream.</param>
/// <param name="Logits">First of the channels that hold the logits.</param>
/// <param name="Layers">The layers.</param>
/// <param name="Readout">The units.</param>
internal sealed record CompiledLayout(int Letters, int Width, int Logits, IReadOnlyList<CompiledLayer> Layers, IReadOnlyList<ReadoutUnit> Readout)
{
    /// <summary>Logit of what is allowed; that of what is not is its negative.</summary>
    public const double Allowed = 16;

    /// <summary>What a logit loses for each token that completes a word sooner.</summary>
    public const double Preference = 1.0 / 64;

    /// <summary>Binary digits of a token; they are channels 1 to so many.</summary>
    public int TokenBits => Literal.Bits(Letters + 1);

    /// <summary>Cells of all layers.</summary>
    public int Cells => Layers.Sum(layer => layer.Orders.Count);

    /// <summary>The widest range of gates in any layer.</summary>
    public Gates Gates => Layers.Max(layer => layer.Kind switch
    {
        CellKind.Sign => Gates.Signed,
        CellKind.Cyclic => Gates.Complex,
        _ => Gates.Nonnegative,
    });

    /// <summary>Logits that allow what may follow and nothing else.</summary>
    public static double[] LogitsOf(NextSymbols next, int letters) =>
        [.. Enumerable.Range(0, letters + 1).Select(token => (token == letters ? next.End : next.Has(token)) ? Allowed : -Allowed)];
}
