namespace StateSpace.Studies.FormalLanguages;

/// <summary>The counter languages of the study, and the families to which they belong.</summary>
internal static class CounterLanguages
{
    private const string Brackets = "()[]{}<>+-ab";
    private const string Operators = "01~+>*^";

    /// <summary>The 9 counter languages of the suite, in the paper's order.</summary>
    public static IEnumerable<CounterLanguage> Suite() => [Dyck(), Shuffle(2), Shuffle(4), Shuffle(6), Boolean(3), Boolean(5), Blocks(2), Blocks(3), Blocks(4)];

    /// <summary>How many operands a symbol of the Boolean languages takes.</summary>
    public static int Arity(char symbol) => Math.Max(0, Operators.IndexOf(symbol, StringComparison.Ordinal) - 1);

    private static CounterLanguage Dyck() => new("dyck-1", "balanced words of one kind of brackets", "()", [0], new[,] { { 1 }, { -1 } }, Balanced)
    {
        Label = reader => CounterLanguage.CountersOf(reader)[0] > 0 ? "1" : "0",
    };

    private static CounterLanguage Shuffle(int kinds)
    {
        var steps = new int[2 * kinds, kinds];
        for (var i = 0; i < kinds; i++) (steps[2 * i, i], steps[(2 * i) + 1, i]) = (1, -1);
        return new($"shuffle-{kinds}", $"interleavings of {kinds} balanced words, each of its own kind of brackets", Brackets[..(2 * kinds)], new int[kinds], steps, Balanced)
        {
            Label = reader => string.Concat(CounterLanguage.CountersOf(reader).Select(counter => counter > 0 ? '1' : '0')),
            LabelLength = kinds,
        };
    }

    private static NextSymbols Balanced(IReadOnlyList<int> counters, int last)
    {
        var (symbols, end) = (0UL, true);
        for (var i = 0; i < counters.Count; i++)
        {
            symbols |= (counters[i] > 0 ? 3UL : 1UL) << (2 * i);
            end &= counters[i] == 0;
        }

        return new(symbols, end);
    }

    private static CounterLanguage Boolean(int largest)
    {
        var alphabet = Operators[..(largest + 2)];
        var steps = new int[alphabet.Length, 1];
        for (var a = 0; a < alphabet.Length; a++) steps[a, 0] = Arity(alphabet[a]) - 1;
        return new(
            $"boolean-{largest}", $"Boolean terms in prefix form with operators of arity 1 to {largest}", alphabet, [1], steps,
            (counters, _) => counters[0] > 0 ? new((1UL << alphabet.Length) - 1, End: false) : new(0, End: true))
        {
            Label = reader => reader.Next.End ? "1" : "0",
        };
    }

    // Counter i: how many of letter i are not yet matched by letter i + 1.
    private static CounterLanguage Blocks(int letters)
    {
        var steps = new int[letters, letters - 1];
        for (var i = 0; i < letters - 1; i++) (steps[i, i], steps[i + 1, i]) = (1, -1);
        var power = string.Concat("abcd"[..letters].Select(letter => $"{letter}^n "));
        return new(string.Concat("abcd"[..letters].Select(letter => $"{letter}n")), $"{power}with n at least 1", "abcd"[..letters], new int[letters - 1], steps, Follow)
        {
            // The published target: the word without its first b and with T at its end.
            Label = reader => (reader.Last == 0 ? 'a' : reader.Next.End ? 'T' : "abcd"[(int)ulong.Log2(reader.Next.Symbols)]).ToString(),
        };

        NextSymbols Follow(IReadOnlyList<int> counters, int last) => last switch
        {
            -1 => new(1, End: false),
            0 => new(3, End: false),
            _ when counters[last - 1] > 0 => new(1UL << last, End: false),
            _ when last + 1 < letters => new(1UL << (last + 1), End: false),
            _ => new(0, End: true),
        };
    }
}
