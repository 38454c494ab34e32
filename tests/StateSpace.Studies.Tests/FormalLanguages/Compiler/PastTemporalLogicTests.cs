using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.Tests.FormalLanguages.Compiler;

/// <summary>Formulas of the past: what they mean, and that they never have a group.</summary>
public sealed class PastTemporalLogicTests
{
    [Theory]
    [InlineData("!O(0 & Y(0 & Y 0))", "01", "tomita-4")]
    [InlineData("H((1 -> !Y 1) & (0 -> Y 1)) & !1", "01", "tomita-2")]
    [InlineData("H 1", "01", "tomita-1")]
    [InlineData("!O(0 & Y O(1 & Y O(0 & Y O 1)))", "01", "tomita-7")]
    public void A_formula_has_the_language_that_it_describes(string formula, string alphabet, string name)
    {
        var automaton = PastTemporalLogic.Compile(formula, alphabet);
        var known = LanguageCatalog.FindRegular(name).Automaton;
        foreach (var word in Words(alphabet, 9)) Assert.True(known.Accepts(word) == automaton.Accepts(word), word);
        Assert.True(TransitionMonoid.Of(automaton).IsAperiodic);
        Assert.Null(RegularCompiler.Of(automaton).Certificate.Refusal);
    }

    [Fact]
    public void Operators_hold_where_their_definitions_say()
    {
        (string Formula, Func<string, int, bool> Meaning)[] cases =
        [
            ("a", (word, i) => word[i] == 'a'),
            ("Y a", (word, i) => i > 0 && word[i - 1] == 'a'),
            ("Y Y a", (word, i) => i > 1 && word[i - 2] == 'a'),
            ("O a", (word, i) => word[..(i + 1)].Contains('a')),
            ("H !a", (word, i) => !word[..(i + 1)].Contains('a')),
            ("b S a", (word, i) => word[..(i + 1)].TrimEnd('b').EndsWith('a')),
            ("(a | b) S c -> T", (_, _) => true),
            ("!Y T & a", (word, i) => i == 0 && word[0] == 'a'),
            ("a S b S c", (word, i) => Enumerable.Range(0, i + 1).Any(j => word[j] == 'c' && Enumerable.Range(j + 1, i - j).All(k => word[..(k + 1)].TrimEnd('a').EndsWith('b')))),
        ];

        foreach (var (formula, meaning) in cases)
        {
            var automaton = PastTemporalLogic.Compile(formula, "abc");
            foreach (var word in Words("abc", 5).Where(word => word.Length > 0)) Assert.True(meaning(word, word.Length - 1) == automaton.Accepts(word), $"{formula} at {word}");
        }
    }

    [Theory]
    [InlineData("a &", "position 4: a formula is missing at the end")]
    [InlineData("(a | b", "position 1: '(' is not closed")]
    [InlineData("a)", "position 2: ')' without '(' before it")]
    [InlineData("a b", "position 3: an operator is missing before 'b'")]
    [InlineData("a - b", "position 5: '-' without '>' behind it")]
    [InlineData("& a", "position 1: a formula is missing before '&'")]
    [InlineData("\\", "position 1: a backslash at the end")]
    [InlineData(" ", "the formula is empty")]
    [InlineData("H T", "names no letter")]
    [InlineData("YYYYYYYYYYYYYa", "13 temporal operators, more than 12")]
    public void A_malformed_formula_is_refused_with_position_and_reason(string formula, string message) =>
        Assert.Contains(message, Assert.Throws<StudyInputException>(() => PastTemporalLogic.Compile(formula)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_letter_outside_the_alphabet_is_refused() =>
        Assert.Contains("names 'c', which is not in the alphabet 'ab'", Assert.Throws<StudyInputException>(() => PastTemporalLogic.Compile("c", "ab")).Message, StringComparison.Ordinal);

    private static IEnumerable<string> Words(string alphabet, int longest)
    {
        List<string> words = [""];
        for (var first = 0; words[first].Length < longest; first++) words.AddRange(alphabet.Select(letter => words[first] + letter));
        return words;
    }
}
