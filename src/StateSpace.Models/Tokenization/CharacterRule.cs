using System.Buffers;
using System.Globalization;
using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>Matches single characters of a kind.</summary>
/// <param name="isMatch">The kind.</param>
/// <param name="behavior">What becomes of them.</param>
internal sealed class CharacterRule(Func<Rune, bool> isMatch, SplitBehavior behavior) : SplitRule(behavior, inverts: false)
{
    /// <summary>Digits and other numbers: Unicode's categories N.</summary>
    public static bool IsNumber(Rune rune) => Rune.IsNumber(rune);

    /// <summary>Punctuation: Unicode's categories P, and all of ASCII that is visible and neither letter nor digit.</summary>
    public static bool IsPunctuation(Rune rune) => Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.OtherSymbol);

    protected override void Match(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (var i = 0; i < text.Length;)
        {
            var isWhole = Rune.DecodeFromUtf16(text[i..], out var rune, out var width) == OperationStatus.Done;
            if (isWhole && isMatch(rune)) matches.Add((i, i + width));
            i += width;
        }
    }
}
