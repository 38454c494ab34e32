using System.Buffers;
using System.Globalization;
using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>
/// The words of GPT-2's pattern, <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, by hand: one pass, and by code
/// points, where .NET's regular expressions know no letters beyond U+FFFF.
/// </summary>
internal static class GptWords
{
    private static readonly Kind[] Ascii = [.. Enumerable.Range(0, 128).Select(c => KindOf(CharUnicodeInfo.GetUnicodeCategory((char)c), (char)c))];

    private enum Kind : byte
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>Length of the word that begins the text, which must not be empty. Words follow each other without gaps.</summary>
    public static int First(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && Contraction(text) is var length and > 0) return length;

        // One space belongs to the word behind it; of several, the others come first on their own.
        var start = text[0] == ' ' && text.Length > 1 && Read(text, 1).Kind != Kind.Space ? 1 : 0;
        var kind = Read(text, start).Kind;
        var end = start;
        while (end < text.Length)
        {
            var (next, width) = Read(text, end);
            if (next != kind) return kind == Kind.Space && end > 1 ? end - 1 : end;
            end += width;
        }

        return end;
    }

    private static int Contraction(ReadOnlySpan<char> text) => text switch
    {
        [_, 's' or 't' or 'm' or 'd', ..] => 2,
        [_, 'r' or 'v', 'e', ..] or [_, 'l', 'l', ..] => 3,
        _ => 0,
    };

    private static (Kind Kind, int Width) Read(ReadOnlySpan<char> text, int position)
    {
        var c = text[position];
        if (c < 128) return (Ascii[c], 1);
        if (!char.IsSurrogate(c)) return (KindOf(CharUnicodeInfo.GetUnicodeCategory(c), c), 1);
        var isWhole = Rune.DecodeFromUtf16(text[position..], out var rune, out var width) == OperationStatus.Done;
        return isWhole ? (KindOf(Rune.GetUnicodeCategory(rune), c), width) : (Kind.Other, 1);
    }

    private static Kind KindOf(UnicodeCategory category, char c) => category switch
    {
        <= UnicodeCategory.OtherLetter => Kind.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
        _ => char.IsWhiteSpace(c) ? Kind.Space : Kind.Other,
    };
}
