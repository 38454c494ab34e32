namespace StateSpace.Studies.FormalLanguages;

/// <summary>The constructions that the study checks, and to which length every word is tried.</summary>
internal static class ConstructionCatalog
{
    private const string FlipFlopSource = "Sarrof et al. 2024, Theorem 1 (flip-flop)";
    private const string CounterSource = "Sarrof et al. 2024, Theorem 5 (counters)";
    private const string DyckSource = "Sarrof et al. 2024, Theorem 6 (Dyck(K,h))";
    private const string SignedSource = "Sarrof et al. 2024, Theorem 3; Grazzi et al. 2025, section 4";
    private const string AutomatonSource = "Terzić et al. 2025, proposition 2 (PD-SSM)";

    /// <summary>Constructions with the length to which all words are tried.</summary>
    public static IReadOnlyList<(Construction Construction, int Length)> All { get; } =
    [
        (FlipFlop(), 10),
        (Dyck(2, 3), 11), (Dyck(1, 4), 14), (Dyck(3, 2), 9),
        (DyckRecognizer(2, 2), 8), (DyckRecognizer(2, 3), 8), (DyckRecognizer(3, 2), 6),
        (Counter("dyck-1"), 14), (Counter("shuffle-2"), 9), (Counter("shuffle-4"), 5), (Counter("shuffle-6"), 4),
        (Counter("boolean-3"), 6), (Counter("boolean-5"), 5),
        (Counter("anbn"), 24), (Counter("anbncn"), 24), (Counter("anbncndn"), 24),
        (BoundedDepth(2), 14), (BoundedDepth(12), 14),
        (Parity(), 14), (Unary("aa-star", 2), 40), (Unary("aaaa-star", 4), 40), (Abab(), 40), (TomitaThree(), 14), (TomitaFive(), 14), (TomitaSix(), 14),
        .. LanguageCatalog.Suite.OfType<RegularLanguage>().Append(RegularLanguages.FlipFlop()).Append(RegularLanguages.Dyck(2, 3))
            .Select(language => (Automaton(language), language.Alphabet.Length switch { 1 => 40, 2 => 12, 3 => 8, 4 => 6, _ => 5 })),
    ];

    /// <summary>Two layers: the last instruction; the bit written last.</summary>
    public static Construction FlipFlop() => new(
        "flip-flop", RegularLanguages.FlipFlop(), FlipFlopSource,
        [
            new DiagonalLayer(3, GateKind.Nonnegative, (token, _, a, b) =>
            {
                if (token > 2) return;
                a.Clear();
                b[token] = 1;
            }),
            new DiagonalLayer(1, GateKind.Nonnegative, (token, below, a, b) =>
            {
                // relu([token is a bit] + h_w − 1)
                var writes = Math.Max(0, (token > 2 ? 1 : 0) + below[0] - 1);
                a[0] = 1 - writes;
                b[0] = writes * (token == 4 ? 1 : -1);
            }),
        ],
        (token, h) => token switch
        {
            -1 => new(0b00001, End: false),
            1 => new(h[3] > 0 ? 0b10000UL : 0b01000UL, End: false),
            0 or 2 => new(0b11000, End: false),
            _ => new(0b00111, End: true),
        });

    /// <summary>Two layers, 1 + h⌈log₂K⌉ channels: the depth; the bracket that was opened last at each depth. Nothing is taken off a stack.</summary>
    public static Construction Dyck(int kinds, int depth) => new(
        $"dyck-{kinds}-{depth}", new BoundedDyck(kinds, depth), DyckSource, DyckLayers(kinds, depth), (_, h) => AfterDyck(h, kinds, depth));

    /// <summary>The same with a third layer of one channel that counts violations, so that it recognizes.</summary>
    public static Construction DyckRecognizer(int kinds, int depth)
    {
        var bits = CodeBits(kinds);
        DiagonalLayer latch = new(1, GateKind.Nonnegative, (token, below, _, b) =>
        {
            var c = (int)Math.Round(below[0]);
            var wrongKind = token % 2 == 1 && c >= 0 && c < depth && Code(below, c + 1, bits) != token / 2;
            b[0] = c < 0 || c > depth || wrongKind ? 1 : 0;
        });
        return new(
            $"dyck-{kinds}-{depth}-recognizer", new BoundedDyck(kinds, depth), DyckSource, [.. DyckLayers(kinds, depth), latch],
            (_, h) => h[^1] > 0.5 ? NextSymbols.None : AfterDyck(h, kinds, depth), Recognizes: true);
    }

    private static RecurrentLayer[] DyckLayers(int kinds, int depth)
    {
        var bits = CodeBits(kinds);
        return
        [
            new DiagonalLayer(1, GateKind.Nonnegative, (token, _, _, b) => b[0] = token % 2 == 0 ? 1 : -1),
            new DiagonalLayer(depth * bits, GateKind.Nonnegative, (token, below, a, b) =>
            {
                var level = (int)Math.Round(below[0]);
                if (token % 2 == 1 || level < 1 || level > depth) return;
                for (var bit = 0; bit < bits; bit++)
                {
                    a[((level - 1) * bits) + bit] = 0;
                    b[((level - 1) * bits) + bit] = (token / 2 >> bit & 1) != 0 ? 1 : -1;
                }
            }),
        ];
    }

    private static int CodeBits(int kinds) => Math.Max(1, (int)Math.Ceiling(Math.Log2(kinds)));

    private static int Code(ReadOnlySpan<double> h, int level, int bits)
    {
        var kind = 0;
        for (var bit = 0; bit < bits; bit++) kind |= h[1 + ((level - 1) * bits) + bit] > 0 ? 1 << bit : 0;
        return kind;
    }

    private static NextSymbols AfterDyck(ReadOnlySpan<double> h, int kinds, int depth)
    {
        var c = (int)Math.Round(h[0]);
        var openers = c < depth ? 0x5555555555555555UL & ((1UL << (2 * kinds)) - 1) : 0;
        return c == 0 ? new(openers, End: true) : new(openers | (2UL << (2 * Code(h, c, CodeBits(kinds)))), End: false);
    }

    /// <summary>One layer: A = 1, a counter a channel.</summary>
    private static Construction Counter(string name)
    {
        var language = (CounterLanguage)LanguageCatalog.Find(name);
        DiagonalLayer counters = new(
            language.Initial.Count, GateKind.Nonnegative,
            (token, _, _, b) =>
            {
                for (var i = 0; i < b.Length; i++) b[i] = language.Step(token, i);
            },
            [.. language.Initial.Select(value => (double)value)]);
        return new(name, language, CounterSource, [counters], (token, h) => language.Following([.. h.ToArray().Select(value => (int)Math.Round(value))], token));
    }

    /// <summary>D_n by one counter and a latch.</summary>
    private static Construction BoundedDepth(int depth) => new(
        $"d-{depth}-recognizer", RegularLanguages.BoundedDepth(depth), CounterSource,
        [
            new DiagonalLayer(1, GateKind.Nonnegative, (token, _, _, b) => b[0] = token == 0 ? 1 : -1),
            new DiagonalLayer(1, GateKind.Nonnegative, (_, below, _, b) => b[0] = below[0] < -0.5 || below[0] > depth + 0.5 ? 1 : 0),
        ],
        (_, h) => h[1] > 0.5 ? NextSymbols.None : new((h[0] < depth - 0.5 ? 1UL : 0) | (h[0] > 0.5 ? 2UL : 0), h[0] < 0.5),
        Recognizes: true);

    /// <summary>One channel that changes its sign at each 1.</summary>
    public static Construction Parity() => new(
        "parity", LanguageCatalog.Find("parity"), SignedSource,
        [new DiagonalLayer(1, GateKind.Signed, (token, _, a, _) => a[0] = token == 1 ? -1 : 1, [1])], (_, h) => new(3, h[0] > 0), Recognizes: true);

    private static Construction Unary(string name, int period) => new(
        name, LanguageCatalog.Find(name), SignedSource,
        [period == 2 ? new DiagonalLayer(1, GateKind.Signed, (_, _, a, _) => a[0] = -1, [1]) : new RotationLayer([2 * Math.PI / period])],
        (_, h) => new(1, h[0] > 0.5), Recognizes: true);

    private static Construction Abab() => new(
        "abab-star", LanguageCatalog.Find("abab-star"), SignedSource,
        [new DiagonalLayer(1, GateKind.Signed, (token, _, a, _) => a[0] = token == 1 ? -1 : 1, [1])],
        (token, h) => token == 0 ? new(2, End: false) : new(1, h[0] > 0));

    private static Construction TomitaFive() => new(
        "tomita-5", LanguageCatalog.Find("tomita-5"), SignedSource,
        [new DiagonalLayer(2, GateKind.Signed, (token, _, a, _) => a[token] = -1, [1, 1])], (_, h) => new(3, h[0] > 0 && h[1] > 0), Recognizes: true);

    private static Construction TomitaSix() => new(
        "tomita-6", LanguageCatalog.Find("tomita-6"), SignedSource,
        [new RotationLayer([2 * Math.PI / 3, -2 * Math.PI / 3])], (_, h) => new(3, h[0] > 0.25), Recognizes: true);

    /// <summary>Two layers: which symbol came before; the parity of the last run of each symbol.</summary>
    private static Construction TomitaThree() => new(
        "tomita-3", LanguageCatalog.Find("tomita-3"), SignedSource,
        [
            new DiagonalLayer(2, GateKind.Nonnegative, (token, _, a, b) =>
            {
                a.Fill(0.25);
                b[token] = 1;
            }),
            new DiagonalLayer(
                2, GateKind.Signed,
                (token, below, a, b) =>
                {
                    var inside = 4 * (below[token] - 1) >= 2.0 / 3;
                    a[token] = inside ? -1 : 0;
                    b[token] = inside ? 0 : -1;
                },
                [1, 1]),
        ],
        (token, h) => token == 0 && h[2] < 0 && h[3] < 0 ? new(1, End: false) : new(3, End: true));

    private static Construction Automaton(RegularLanguage language) => new(
        $"{language.Name}-one-hot", language, AutomatonSource, [new AutomatonLayer(language.Automaton)],
        (_, h) => language.Automaton.IsLive(Largest(h)) ? language.Automaton.After(Largest(h)) : NextSymbols.None, Recognizes: true);

    private static int Largest(ReadOnlySpan<double> h)
    {
        var at = 0;
        for (var i = 1; i < h.Length; i++) at = h[i] > h[at] ? i : at;
        return at;
    }
}
