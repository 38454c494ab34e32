using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The constructions that the study checks, and to which length every word is tried.</summary>
internal static class ConstructionCatalog
{
    private const string FlipFlopSource = "Sarrof et al. 2024, Theorem 1 (flip-flop)";
    private const string CounterSource = "Sarrof et al. 2024, Theorem 5 (counters)";
    private const string SignedSource = "Sarrof et al. 2024, Theorem 3; Grazzi et al. 2025, section 4";

    /// <summary>Constructions with the length to which all words are tried.</summary>
    public static IReadOnlyList<(Construction Construction, int Length)> All { get; } =
    [
        (FlipFlop(), 10),
        (BracketConstructions.Dyck(2, 3), 11), (BracketConstructions.Dyck(1, 4), 14), (BracketConstructions.Dyck(3, 2), 9),
        (BracketConstructions.Recognizer(2, 2), 8), (BracketConstructions.Recognizer(2, 3), 8), (BracketConstructions.Recognizer(3, 2), 6),
        (Counter("dyck-1"), 14), (Counter("shuffle-2"), 9), (Counter("shuffle-4"), 5), (Counter("shuffle-6"), 4),
        (Counter("boolean-3"), 6), (Counter("boolean-5"), 5),
        (Counter("anbn"), 24), (Counter("anbncn"), 24), (Counter("anbncndn"), 24),
        (BoundedDepth(2), 14), (BoundedDepth(12), 14),
        (Parity(), 14), (Unary("aa-star", 2), 40), (Unary("aaaa-star", 4), 40), (Abab(), 40), (TomitaThree(), 14), (TomitaFive(), 14), (TomitaSix(), 14),
    ];

    /// <summary>Two layers: the last instruction; the bit written last.</summary>
    public static Construction FlipFlop()
    {
        var language = RegularLanguages.FlipFlop();
        LayoutBuilder network = new(language.Alphabet.Length);
        var instruction = network.Add(CellKind.Plain, [2, 2, 2], Enumerable.Range(0, 3).Select(token => (network.Token(token), Set(token == 0, token == 1, token == 2))));
        var written = network.Add(
            CellKind.Plain, [2],
            new[] { false, true }.Select(bit => ((IReadOnlyList<Literal>)[.. network.Token(bit ? 4 : 3), Literal.Bit(instruction.Raw, isOne: true)], Set(bit))));
        return new(
            "flip-flop", language, FlipFlopSource,
            network.Build(
            [
                network.Allow(network.Token(5), 0b00001, end: false),
                network.Allow(network.Token(0), 0b11000, end: false),
                network.Allow([.. network.Token(1), Literal.Bit(written.Raw, isOne: false)], 0b01000, end: false),
                network.Allow([.. network.Token(1), Literal.Bit(written.Raw, isOne: true)], 0b10000, end: false),
                network.Allow(network.Token(2), 0b11000, end: false),
                network.Allow(network.Token(3), 0b00111, end: true),
                network.Allow(network.Token(4), 0b00111, end: true),
            ]));
    }

    /// <summary>One channel that changes its sign at each 1.</summary>
    public static Construction Parity()
    {
        LayoutBuilder network = new(2);
        var sign = network.Add(CellKind.Sign, [2], [(network.Token(1), Turn(1))]);
        return new(
            "parity", LanguageCatalog.Find("parity"), SignedSource,
            network.Build([network.Allow([Literal.SignCell(sign.Raw, true)], 3, end: true), network.Allow([Literal.SignCell(sign.Raw, false)], 3, end: false)]), Recognizes: true);
    }

    /// <summary>One layer: A = 1, a counter a channel.</summary>
    public static Construction Counter(string name)
    {
        var language = (CounterLanguage)LanguageCatalog.Find(name);
        var (letters, count) = (language.Alphabet.Length, language.Initial.Count);
        LayoutBuilder network = new(letters);
        var counters = network.Add(
            CellKind.Counter, [.. Enumerable.Repeat(2, count)],
            Enumerable.Range(0, letters).Select(token => (network.Token(token), Count([.. Enumerable.Range(0, count).Select(i => language.Step(token, i))]))));

        // A counter is kept less what it begins with.
        Literal IsZero(int i) => Literal.IsLeast(counters.Raw + i, -language.Initial[i]);
        var (all, end) = ((1UL << letters) - 1, 1UL << letters);
        IEnumerable<ReadoutUnit> readout = name[0] switch
        {
            'b' => [network.Allow([], all, end: false), network.Change([IsZero(0)], all, end)],
            'a' =>
            [
                network.Allow(network.Token(letters), 1, end: false),
                network.Allow(network.Token(0), 3, end: false),
                .. Enumerable.Range(1, letters - 1).SelectMany(i => (ReadoutUnit[])
                [
                    network.Allow(network.Token(i), 1UL << i, end: false),
                    network.Change([.. network.Token(i), IsZero(i - 1)], 1UL << i, 1UL << (i + 1)),
                ]),
            ],
            _ =>
            [
                network.Allow([], all, end: false),
                .. Enumerable.Range(0, count).Select(i => network.Change([IsZero(i)], 2UL << (2 * i), 0)),
                network.Change([.. Enumerable.Range(0, count).Select(IsZero)], 0, end),
            ],
        };
        return new(name, language, CounterSource, network.Build(readout, token => Enumerable.Range(0, count).Sum(i => language.Step(token, i))));
    }

    /// <summary>D_n by one counter and a latch.</summary>
    public static Construction BoundedDepth(int depth)
    {
        LayoutBuilder network = new(2);
        var counter = network.Add(CellKind.Counter, [2], [(network.Token(0), Count(1)), (network.Token(1), Count(-1))], isRead: true, counted: (-1, depth + 1));
        IReadOnlyList<Literal> Is(int value) => BracketConstructions.CountIs(counter, value);
        var latch = network.Add(CellKind.Plain, [2], [(Is(-1), Set(true)), (Is(depth + 1), Set(true))]);
        return new(
            $"d-{depth}-recognizer", RegularLanguages.BoundedDepth(depth), CounterSource,
            network.Build(
            [
                network.Allow([Literal.Bit(latch.Raw, isOne: true)], 0, end: false),
                .. Enumerable.Range(0, depth + 1).Select(value => network.Allow(
                    [.. Is(value), Literal.Bit(latch.Raw, isOne: false)], (value < depth ? 1UL : 0) | (value > 0 ? 2UL : 0), value == 0)),
            ], token => 1 - token),
            Recognizes: true);
    }

    /// <summary>What cells are set to.</summary>
    internal static UnitAction Set(params IEnumerable<bool> bits) => new(UnitKind.Set, [.. bits.Select(bit => bit ? 1 : 0)]);

    /// <summary>What counters add.</summary>
    internal static UnitAction Count(params IReadOnlyList<int> steps) => new(UnitKind.Count, steps);

    private static UnitAction Turn(params IReadOnlyList<int> powers) => new(UnitKind.Turn, powers);

    private static Construction Unary(string name, int period)
    {
        LayoutBuilder network = new(1);
        var cell = network.Add(period == 2 ? CellKind.Sign : CellKind.Cyclic, [period], [(network.Token(0), Turn(1))]);
        var is0 = period == 2 ? Literal.SignCell(cell.Raw, isPositive: true) : Literal.Phase(cell.Raw, period, 0);
        return new(name, LanguageCatalog.Find(name), SignedSource, network.Build([network.Allow([], 1, end: false), network.Change([is0], 0, 2)]), Recognizes: true);
    }

    private static Construction Abab()
    {
        LayoutBuilder network = new(2);
        var sign = network.Add(CellKind.Sign, [2], [(network.Token(1), Turn(1))]);
        return new(
            "abab-star", LanguageCatalog.Find("abab-star"), SignedSource,
            network.Build(
            [
                network.Allow(network.Token(2), 1, end: true),
                network.Allow(network.Token(0), 2, end: false),
                network.Allow(network.Token(1), 1, end: false),
                network.Change([.. network.Token(1), Literal.SignCell(sign.Raw, isPositive: true)], 0, 4),
            ]));
    }

    private static Construction TomitaFive()
    {
        LayoutBuilder network = new(2);
        var signs = network.Add(CellKind.Sign, [2, 2], [(network.Token(0), Turn(1, 0)), (network.Token(1), Turn(0, 1))]);
        Literal[] even = [Literal.SignCell(signs.Raw, isPositive: true), Literal.SignCell(signs.Raw + 1, isPositive: true)];
        return new("tomita-5", LanguageCatalog.Find("tomita-5"), SignedSource, network.Build([network.Allow([], 3, end: false), network.Change(even, 0, 4)]), Recognizes: true);
    }

    private static Construction TomitaSix()
    {
        LayoutBuilder network = new(2);
        var phase = network.Add(CellKind.Cyclic, [3], [(network.Token(0), Turn(1)), (network.Token(1), Turn(2))]);
        return new(
            "tomita-6", LanguageCatalog.Find("tomita-6"), SignedSource, network.Build([network.Allow([], 3, end: false), network.Change([Literal.Phase(phase.Raw, 3, 0)], 0, 4)]),
            Recognizes: true);
    }

    /// <summary>Two layers: which symbol came before; the parity of the last run of each symbol.</summary>
    private static Construction TomitaThree()
    {
        LayoutBuilder network = new(2);
        var symbol = network.Add(CellKind.History, [2, 2], [(network.Token(0), Set(true, false)), (network.Token(1), Set(false, true))], isRead: true);
        var odd = network.Add(CellKind.Sign, [2, 2], new[] { 0, 1 }.SelectMany(token => ((IReadOnlyList<Literal>, UnitAction)[])
        [
            // Within a run the sign turns; the first symbol of one makes it −1.
            ([.. network.Token(token), Literal.Sign(symbol.Read + token, isPositive: true)], Turn(1 - token, token)),
            ([.. network.Token(token), Literal.Sign(symbol.Read + token, isPositive: false)], new(UnitKind.Set, token == 0 ? [1, -1] : [-1, 1])),
        ]));
        return new(
            "tomita-3", LanguageCatalog.Find("tomita-3"), SignedSource,
            network.Build(
            [
                network.Allow([], 3, end: true),
                network.Change([.. network.Token(0), Literal.SignCell(odd.Raw, isPositive: false), Literal.SignCell(odd.Raw + 1, isPositive: false)], 0b110, 0),
            ]));
    }
}
