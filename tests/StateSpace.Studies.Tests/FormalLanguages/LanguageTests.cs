using System.Text.RegularExpressions;
using StateSpace.Studies.FormalLanguages;

namespace StateSpace.Studies.Tests.FormalLanguages;

public sealed class LanguageTests
{
    // Members by their definitions, found without automaton or counters; length to which all words are made; length of prefixes whose completions,
    // where there are any, are among those.
    private static readonly Dictionary<string, (Func<string, bool> Member, int Longest, int Prefix)> Definitions = new(StringComparer.Ordinal)
    {
        ["tomita-1"] = (Matches("1*"), 8, 7),
        ["tomita-2"] = (Matches("(10)*"), 10, 8),
        ["tomita-4"] = (word => !word.Contains("000", StringComparison.Ordinal), 10, 9),
        ["tomita-7"] = (Matches("0*1*0*1*"), 10, 9),
        ["abcde-blocks"] = (Matches("aa*bb*cc*dd*ee*"), 7, 2),
        ["abd-bc"] = (Matches("[ab]*d[bc]*"), 7, 5),
        ["012-02"] = (Matches("[012]*02*"), 8, 6),
        ["d-2"] = (Depth(2), 12, 6),
        ["d-3"] = (Depth(3), 12, 6),
        ["d-4"] = (Depth(4), 12, 6),
        ["d-12"] = (Depth(12), 14, 6),
        ["parity"] = (word => Count(word, '1') % 2 == 0, 10, 8),
        ["aa-star"] = (word => word.Length % 2 == 0, 20, 18),
        ["aaaa-star"] = (word => word.Length % 4 == 0, 20, 16),
        ["abab-star"] = (Matches("(abab)*"), 12, 8),
        ["tomita-3"] = (word => !Regex.Matches(word, "1+0+").Any(run => Count(run.Value, '1') % 2 == 1 && Count(run.Value, '0') % 2 == 1), 12, 10),
        ["tomita-5"] = (word => Count(word, '0') % 2 == 0 && Count(word, '1') % 2 == 0, 10, 7),
        ["tomita-6"] = (word => (Count(word, '0') - Count(word, '1')) % 3 == 0, 10, 7),
        ["dyck-1"] = (word => Cancels(word, "()"), 14, 6),
        ["shuffle-2"] = (Shuffles, 8, 3),
        ["shuffle-4"] = (Shuffles, 5, 1),
        ["shuffle-6"] = (Shuffles, 4, 1),
        ["boolean-3"] = (Term, 7, 1),
        ["boolean-5"] = (Term, 6, 0),
        ["anbn"] = (word => Blocks(word, "ab"), 14, 6),
        ["anbncn"] = (word => Blocks(word, "abc"), 9, 2),
        ["anbncndn"] = (word => Blocks(word, "abcd"), 8, 1),
        ["ab-star"] = (Matches("(ab)*"), 12, 8),
        ["flip-flop"] = (FlipFlop, 6, 3),
        ["dyck-2-3"] = (word => Nested(word, 3), 8, 4),
    };

    public static TheoryData<string> Names => [.. Definitions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Oracle_agrees_with_the_definition_on_every_short_word(string name)
    {
        var language = LanguageCatalog.Find(name);
        var (member, longest, prefixLength) = Definitions[name];
        HashSet<string> prefixes = new(StringComparer.Ordinal);
        HashSet<string> members = new(StringComparer.Ordinal);
        foreach (var word in Words(language.Alphabet, longest))
        {
            Assert.True(member(word) == language.Contains(word), $"'{word}'");
            if (!member(word)) continue;
            members.Add(word);
            for (var length = 0; length <= word.Length; length++) prefixes.Add(word[..length]);
        }

        foreach (var prefix in Words(language.Alphabet, prefixLength))
        {
            var reader = language.Read();
            foreach (var symbol in prefix) reader.Advance(language.Alphabet.IndexOf(symbol, StringComparison.Ordinal));
            Assert.True(prefixes.Contains(prefix) == reader.IsAlive, $"'{prefix}'");
            var expected = 0UL;
            for (var a = 0; a < language.Alphabet.Length; a++)
            {
                if (prefixes.Contains(prefix + language.Alphabet[a])) expected |= 1UL << a;
            }

            Assert.Equal(new NextSymbols(expected, members.Contains(prefix)), reader.Next);
        }
    }

    [Fact]
    public void Suite_has_11_star_free_7_other_regular_and_9_counter_languages()
    {
        int Of(LanguageClass kind) => LanguageCatalog.Suite.Count(language => language.Class == kind);
        Assert.Equal((11, 7, 9), (Of(LanguageClass.StarFree), Of(LanguageClass.Regular), Of(LanguageClass.Counter)));
        Assert.All(LanguageCatalog.Suite, language => Assert.True(Definitions.ContainsKey(language.Name), language.Name));
    }

    [Theory]
    [InlineData("tomita-1", 2, 1)]
    [InlineData("tomita-2", 3, 2)]
    [InlineData("ab-star", 3, 2)]
    [InlineData("tomita-4", 4, 3)]
    [InlineData("tomita-7", 5, 4)]
    [InlineData("d-2", 4, 3)]
    [InlineData("d-12", 14, 13)]
    [InlineData("abcde-blocks", 7, 6)]
    [InlineData("abd-bc", 3, 2)]
    [InlineData("012-02", 2, 2)]
    [InlineData("flip-flop", 9, 8)]
    [InlineData("dyck-2-2", 8, 7)]
    [InlineData("dyck-2-3", 16, 15)]
    public void Minimal_automata_have_the_published_sizes(string name, int states, int live)
    {
        var automaton = LanguageCatalog.FindRegular(name).Automaton;
        Assert.Equal((states, live), (automaton.StateCount, automaton.LiveCount));
    }

    [Theory]
    [InlineData("tomita-8", "there is no language 'tomita-8'; there are tomita-1")]
    [InlineData("d-0", "'0' in the language 'd-0' must be a number from 1 to 62")]
    [InlineData("dyck-8-10", "the automaton of dyck-8-10 has more than 4096 states")]
    public void Unknown_languages_are_refused_in_one_line(string name, string message) =>
        Assert.StartsWith(message, Assert.Throws<StudyInputException>(() => LanguageCatalog.Find(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_counter_language_has_no_automaton() => Assert.Throws<StudyInputException>(() => LanguageCatalog.FindRegular("anbn"));

    internal static IEnumerable<string> Words(string alphabet, int longest)
    {
        List<string> level = [""];
        for (var length = 0; length <= longest; length++)
        {
            foreach (var word in level) yield return word;
            if (length < longest) level = [.. level.SelectMany(word => alphabet.Select(symbol => word + symbol))];
        }
    }

    private static Func<string, bool> Matches(string pattern)
    {
        Regex regex = new($"^(?:{pattern})$", RegexOptions.CultureInvariant);
        return regex.IsMatch;
    }

    private static int Count(string word, char symbol) => word.Count(c => c == symbol);

    private static bool Cancels(string word, string pair)
    {
        while (word.Contains(pair, StringComparison.Ordinal)) word = word.Replace(pair, "", StringComparison.Ordinal);
        return word.Length == 0;
    }

    private static Func<string, bool> Depth(int most) => word =>
    {
        for (var i = 0; i < most; i++) word = Regex.Replace(word, "(ab)+", "");
        return word.Length == 0;
    };

    private static bool Shuffles(string word)
    {
        const string Brackets = "()[]{}<>+-ab";
        return Enumerable.Range(0, 6).All(i => Cancels(string.Concat(word.Where(Brackets.Substring(2 * i, 2).Contains)), Brackets.Substring(2 * i, 2)));
    }

    private static bool Term(string word)
    {
        var at = 0;
        return Read() && at == word.Length;

        bool Read()
        {
            if (at == word.Length) return false;
            var operands = word[at++] switch { '~' => 1, '+' => 2, '>' => 3, '*' => 4, '^' => 5, _ => 0 };
            return Enumerable.Range(0, operands).All(_ => Read());
        }
    }

    private static bool Blocks(string word, string letters)
    {
        var n = word.Length / letters.Length;
        return n > 0 && word == string.Concat(letters.Select(letter => new string(letter, n)));
    }

    private static bool FlipFlop(string word)
    {
        if (word.Length == 0 || word.Length % 2 != 0 || word[0] != 'w') return false;
        var bit = ' ';
        for (var i = 0; i < word.Length; i += 2)
        {
            if (!"wri".Contains(word[i], StringComparison.Ordinal) || !"01".Contains(word[i + 1], StringComparison.Ordinal)) return false;
            if (word[i] == 'r' && word[i + 1] != bit) return false;
            if (word[i] == 'w') bit = word[i + 1];
        }

        return true;
    }

    private static bool Nested(string word, int most)
    {
        for (var i = 0; i < most; i++) word = Regex.Replace(word, @"(?:\(\)|\[\])+", "");
        return word.Length == 0;
    }
}
