using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.Tests.FormalLanguages.Compiler;

/// <summary>Regular expressions and automata from files: what they mean, and one clear line for each mistake.</summary>
public sealed class AutomatonSourceTests
{
    [Theory]
    [InlineData("(ab)*", "ab")]
    [InlineData("a|b*", "ab")]
    [InlineData("(a|b)*abb", "ab")]
    [InlineData("a?b+(a|b)", "ab")]
    [InlineData("a{2,4}b{2}", "ab")]
    [InlineData("((ab?){2}){2}", "ab")]
    [InlineData("a{2,}", "ab")]
    [InlineData("[^a]a*", "ab")]
    [InlineData(".*b.", "ab")]
    [InlineData("()|a", "ab")]
    public void An_expression_has_the_words_that_the_runtimes_own_matcher_finds(string expression, string alphabet)
    {
        var automaton = RegularExpression.Compile(expression, alphabet);
        for (var length = 0; length <= 8; length++)
        {
            for (var bits = 0; bits < 1 << length; bits++)
            {
                var word = string.Concat(Enumerable.Range(0, length).Select(i => alphabet[bits >> i & 1]));
                Assert.Equal(System.Text.RegularExpressions.Regex.IsMatch(word, $"^(?:{expression})$"), automaton.Accepts(word));
            }
        }
    }

    [Fact]
    public void The_alphabet_is_what_the_expression_names_and_a_backslash_makes_any_character_a_symbol()
    {
        Assert.Equal("()", RegularExpression.Compile(@"(\(\))*").Alphabet);
        Assert.Equal("abcdx", RegularExpression.Compile("[a-d]{2}x").Alphabet);
    }

    [Theory]
    [InlineData("(ab", "position 1: '(' is not closed")]
    [InlineData("ab)", "position 3: ')' without '(' before it")]
    [InlineData("a|*b", "position 3: '*' has nothing before it to repeat")]
    [InlineData("a{3,1}", "position 2: {3,1} asks for fewer at most than at least")]
    [InlineData("a{x}", "position 3: a number is missing")]
    [InlineData("a{2", "position 4: '{' is not closed")]
    [InlineData("a{900}", "position 2: 900 repetitions are more than 256")]
    [InlineData("[b-a]", "position 3: the range b-a runs backwards")]
    [InlineData("x[ab", "position 2: '[' is not closed")]
    [InlineData("a[]", "position 2: a class without symbols matches nothing")]
    [InlineData("a\\", "position 2: a backslash at the end; it must stand before a character")]
    [InlineData("", "the regular expression is empty; () stands for the empty word")]
    [InlineData("()", "names no symbol")]
    public void A_malformed_expression_is_refused_with_position_and_reason(string expression, string message) =>
        Assert.Contains(message, Assert.Throws<StudyInputException>(() => RegularExpression.Compile(expression)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_symbol_outside_the_alphabet_and_an_alphabet_of_more_than_64_symbols_are_refused()
    {
        Assert.Contains("position 2: 'c' is not in the alphabet 'ab'", Assert.Throws<StudyInputException>(() => RegularExpression.Compile("ac", "ab")).Message, StringComparison.Ordinal);
        var many = string.Concat(Enumerable.Range(0, 65).Select(i => (char)('一' + i)));
        Assert.Contains("1 to 64 symbols, not 65", Assert.Throws<StudyInputException>(() => RegularExpression.Compile(many)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_language_without_words_and_a_monoid_over_the_limit_are_refused()
    {
        var none = new FiniteAutomaton("a", 0, new int[1, 1], [false]);
        Assert.Contains("the automaton is empty", Assert.Throws<StudyInputException>(() => RegularCompiler.Of(none)).Message, StringComparison.Ordinal);
        var large = LanguageCatalog.FindRegular("d-12").Automaton;
        Assert.Contains("more than 819 elements", Assert.Throws<StudyInputException>(() => RegularCompiler.Of(large, monoidLimit: 819)).Message, StringComparison.Ordinal);
        Assert.Equal(820, RegularCompiler.Of(large, monoidLimit: 820).Certificate.Monoid);
    }

    [Fact]
    public void An_automaton_is_read_from_JSON_and_made_minimal()
    {
        var automaton = Read("""{"alphabet": "ab", "start": "p", "accepting": ["p", "r"], "transitions": {"p": {"a": "q", "b": "r"}, "q": {"a": "p", "b": "q"}, "r": {"a": "q", "b": "p"}}}""");
        Assert.Equal(2, automaton.StateCount);
        Assert.True(automaton.Accepts("baba"));
        Assert.False(automaton.Accepts("bab"));
    }

    [Theory]
    [InlineData("""{"alphabet": "ab", "start": "p", "accepting": ["p"], "transitions": {"p": {"a": "p"}}}""", "not complete: state 'p' has no transition for 'b'")]
    [InlineData("""{"alphabet": "a", "start": "p", "accepting": ["p"], "transitions": {"p": {"a": ["p", "p"]}}}""", "not deterministic: state 'p' has several transitions for 'a'")]
    [InlineData("""{"alphabet": "a", "start": "p", "accepting": ["p"], "transitions": {"p": {"a": "p", "a": "p"}}}""", "not deterministic: state 'p' has several transitions for 'a'")]
    [InlineData("""{"alphabet": "a", "start": "p", "accepting": ["p"], "transitions": {}}""", "is empty: it has no states")]
    [InlineData("""{"alphabet": "a", "start": "q", "accepting": ["p"], "transitions": {"p": {"a": "p"}}}""", "start names 'q', which is no state")]
    [InlineData("""{"alphabet": "a", "start": "p", "accepting": ["p"], "transitions": {"p": {"b": "p"}}}""", "a transition for 'b', which is not in the alphabet 'a'")]
    [InlineData("""{"alphabet": "aa", "start": "p", "accepting": ["p"], "transitions": {"p": {"a": "p"}}}""", "names 'a' twice")]
    [InlineData("[1]", "must be an object")]
    [InlineData("{", "machine.json: ")]
    public void A_file_that_is_no_complete_deterministic_automaton_is_refused_with_what_is_wrong(string json, string message) =>
        Assert.Contains(message, Assert.Throws<StudyInputException>(() => Read(json)).Message, StringComparison.Ordinal);

    private static FiniteAutomaton Read(string json)
    {
        var folder = Directory.CreateTempSubdirectory("ssm-automaton-");
        try
        {
            var path = Path.Combine(folder.FullName, "machine.json");
            File.WriteAllText(path, json);
            return AutomatonFile.Read(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
