using System.Globalization;
using System.Text.RegularExpressions;

namespace StateSpace.Models.Tokenization;

/// <summary>Matches a regular expression of a tokenizer's file.</summary>
/// <remarks>
/// .NET's expressions see a character beyond U+FFFF as two units without category. So each such pair is shown to them as a character of its category
/// in its place, and positions are counted back.
/// </remarks>
internal sealed class PatternRule : SplitRule
{
    /// <summary>Patterns of files are short; a text that takes one longer than this is one that the pattern goes back and forth in.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Regex _pattern;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="ArgumentException">.NET does not know the pattern.</exception>
    public PatternRule(string pattern, SplitBehavior behavior, bool inverts)
        : base(behavior, inverts) => _pattern = new(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant, Limit);

    protected override void Match(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            foreach (var match in _pattern.EnumerateMatches(text)) matches.Add((match.Index, match.Index + match.Length));
            return;
        }

        var (shown, starts) = Shown(text);
        foreach (var match in _pattern.EnumerateMatches(shown)) matches.Add((starts[match.Index], starts[match.Index + match.Length]));
    }

    /// <summary>The text with one unit for each code point, and where each began.</summary>
    private static (char[] Shown, int[] Starts) Shown(ReadOnlySpan<char> text)
    {
        var shown = new char[text.Length];
        var starts = new int[text.Length + 1];
        var count = 0;
        for (var i = 0; i < text.Length; count++)
        {
            starts[count] = i;
            var isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            shown[count] = isPair ? Representative(CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(text[i], text[i + 1])))
                : char.IsSurrogate(text[i]) ? '\uFFFD'
                : text[i];
            i += isPair ? 2 : 1;
        }

        starts[count] = text.Length;
        return (shown[..count], starts);
    }

    // Characters of the category that no pattern names one by one.
    private static char Representative(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u13A0',
        UnicodeCategory.LowercaseLetter => '\uAB70',
        UnicodeCategory.ModifierLetter => '\u10FC',
        UnicodeCategory.TitlecaseLetter or UnicodeCategory.OtherLetter => '\u3400',
        UnicodeCategory.NonSpacingMark => '\u0F18',
        UnicodeCategory.SpacingCombiningMark => '\u0F3E',
        UnicodeCategory.EnclosingMark => '\u0488',
        UnicodeCategory.DecimalDigitNumber => '\u0F20',
        UnicodeCategory.LetterNumber => '\u3007',
        UnicodeCategory.OtherNumber => '\u0F2A',
        UnicodeCategory.MathSymbol => '\u2A00',
        UnicodeCategory.CurrencySymbol => '\u0E3F',
        UnicodeCategory.Format => '\u2062',
        UnicodeCategory.OtherPunctuation or UnicodeCategory.DashPunctuation => '\u0F04',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.OtherNotAssigned => '\uFFFE',
        _ => '\u2800',
    };
}
