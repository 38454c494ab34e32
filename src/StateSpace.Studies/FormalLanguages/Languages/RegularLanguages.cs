namespace StateSpace.Studies.FormalLanguages;

/// <summary>The regular languages of the study, and the families to which they belong.</summary>
internal static class RegularLanguages
{
    private const int Dead = -1;

    /// <summary>The 11 star-free languages of the suite, in the paper's order.</summary>
    public static IEnumerable<RegularLanguage> StarFree() =>
    [
        NextLabelled("tomita-1", "1*", Table("01", [0], [Dead, 0])),
        NextLabelled("tomita-2", "(10)*", Table("01", [0], [Dead, 1], [0, Dead])),
        NextLabelled("tomita-4", "words over 0 and 1 without 000", Table("01", [0, 1, 2], [1, 0], [2, 0], [Dead, 0])),
        NextLabelled("tomita-7", "0*1*0*1*", Table("01", [0, 1, 2, 3], [0, 1], [2, 1], [2, 3], [Dead, 3])),
        Blocks(),
        NextLabelled("abd-bc", "{a,b}*d{b,c}*", Table("abcd", [1], [0, 0, Dead, 1], [Dead, 1, 1, Dead])),
        new("012-02", "{0,1,2}*02*", LanguageClass.StarFree, Table("012", [1], [1, 0, 0], [1, 0, 1]))
        {
            Label = reader => reader.Next.End ? "e" : "c",
            PublishedLabel = reader => reader.Next.End && reader.Last == 2 ? "e" : "c",
        },
        BoundedDepth(2),
        BoundedDepth(3),
        BoundedDepth(4),
        BoundedDepth(12),
    ];

    /// <summary>The 7 regular languages of the suite that are not star-free, in the paper's order.</summary>
    public static IEnumerable<RegularLanguage> Others() =>
    [
        Counting("parity", "an even number of 1s", "C2", Table("01", [0], [0, 1], [1, 0])),
        Counting("aa-star", "(aa)*", "C2", Table("a", [0], [1], [0])),
        Counting("aaaa-star", "(aaaa)*", "C4", Table("a", [0], [1], [2], [3], [0])),
        Counting("abab-star", "(abab)*", "C2", Table("ab", [0], [1, Dead], [Dead, 2], [3, Dead], [Dead, 0])),
        TomitaThree(),
        Counting("tomita-5", "even numbers of 0s and of 1s", "C2×C2", Table("01", [0], [2, 1], [3, 0], [0, 3], [1, 2])),
        Counting("tomita-6", "as many 0s as 1s, modulo 3", "C3", Table("01", [0], [1, 2], [2, 0], [0, 1])),
    ];

    /// <summary>(ab)*, which is star-free although (aa)* is not.</summary>
    public static RegularLanguage AbStar() => NextLabelled("ab-star", "(ab)*", Table("ab", [0], [1, Dead], [Dead, 0]));

    /// <summary>D_n = (a D_(n−1) b)*: balanced words of depth at most n.</summary>
    public static RegularLanguage BoundedDepth(int depth)
    {
        var rows = Enumerable.Range(0, depth + 1).Select(d => new[] { d < depth ? d + 1 : Dead, d > 0 ? d - 1 : Dead });
        return NextLabelled($"d-{depth}", $"balanced words over a and b of depth at most {depth}", Table("ab", [0], [.. rows]));
    }

    /// <summary>
    /// The flip-flop language (Liu et al., 2023): instructions w, r and i alternate with bits, the first is w, and the bit behind r is the last one
    /// written.
    /// </summary>
    public static RegularLanguage FlipFlop() => NextLabelled(
        "flip-flop", "(instruction bit)*, first w; behind r the bit that w wrote last", FiniteAutomaton.Of("wri01", " ", NextFlipFlop, state => state[0] == 'm'));

    /// <summary>Dyck(K,h): balanced words of K kinds of brackets, nested at most h deep.</summary>
    public static RegularLanguage Dyck(int kinds, int depth)
    {
        var alphabet = DyckAlphabet(kinds);
        return NextLabelled(
            $"dyck-{kinds}-{depth}", $"balanced words of {kinds} kinds of brackets, at most {depth} deep",
            FiniteAutomaton.Of(alphabet, "", (stack, symbol) => Bracket(stack, alphabet.IndexOf(symbol, StringComparison.Ordinal), depth), stack => stack.Length == 0));
    }

    /// <summary>Opening and closing brackets in turn.</summary>
    public static string DyckAlphabet(int kinds) => "()[]{}<>+-abcdef"[..(2 * kinds)];

    // The stack as a word of the kinds' digits.
    private static string? Bracket(string stack, int symbol, int depth)
    {
        var kind = (char)('0' + (symbol / 2));
        if (symbol % 2 == 0) return stack.Length < depth ? stack + kind : null;
        return stack.Length > 0 && stack[^1] == kind ? stack[..^1] : null;
    }

    // The instruction that waits for its bit (m where none does) and, except behind w, the bit written last.
    private static string? NextFlipFlop(string state, char symbol) => (state[0], symbol) switch
    {
        (' ' or 'm', 'w') => "w",
        ('m', 'r' or 'i') => $"{symbol}{state[1]}",
        ('w', '0' or '1') => $"m{symbol}",
        ('i', '0' or '1') => $"m{state[1]}",
        ('r', '0' or '1') when symbol == state[1] => $"m{symbol}",
        _ => null,
    };

    private static RegularLanguage Blocks() => new(
        "abcde-blocks", "aa*bb*cc*dd*ee*", LanguageClass.StarFree,
        Table("abcde", [5], [.. Enumerable.Range(0, 6).Select(s => Enumerable.Range(0, 5).Select(a => a + 1 == s || a == s ? a + 1 : Dead).ToArray())]))
    {
        // The letter that the block must be followed by.
        Label = reader => "bcdeT"[reader.Last].ToString(),
    };

    private static RegularLanguage TomitaThree() => new(
        "tomita-3", "words over 0 and 1 without an odd run of 1s directly before an odd run of 0s", LanguageClass.Regular,
        Table("01", [0, 1, 2], [0, 1], [3, 0], [3, 1], [2, Dead]))
    {
        Group = "C2",
        LabelLength = 2,
        Label = reader => reader.Next.Bits(2),

        // The published generator takes the state behind an odd run of 1s and one 0 for dead, although a second 0 leads out of it.
        PublishedLabel = reader => RegularLanguage.StateOf(reader) is 1 or 3 ? "01" : reader.Next.Bits(2),
    };

    private static RegularLanguage NextLabelled(string name, string definition, FiniteAutomaton automaton) => new(name, definition, LanguageClass.StarFree, automaton)
    {
        Label = reader => reader.Next.Bits(automaton.Alphabet.Length),
        LabelLength = automaton.Alphabet.Length,
    };

    private static RegularLanguage Counting(string name, string definition, string group, FiniteAutomaton automaton) =>
        new(name, definition, LanguageClass.Regular, automaton) { Group = group };

    /// <summary>An automaton from rows of following states; a dead state is added where one is named.</summary>
    private static FiniteAutomaton Table(string alphabet, int[] accepting, params int[][] rows)
    {
        var dead = rows.Any(row => row.Contains(Dead)) ? rows.Length : Dead;
        var count = rows.Length + (dead == Dead ? 0 : 1);
        var next = new int[count, alphabet.Length];
        for (var state = 0; state < count; state++)
        {
            for (var a = 0; a < alphabet.Length; a++) next[state, a] = state == dead || rows[state][a] == Dead ? dead : rows[state][a];
        }

        return new(alphabet, 0, next, [.. Enumerable.Range(0, count).Select(accepting.Contains)]);
    }
}
