using System.Buffers;
using System.Globalization;
using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>Finds added tokens in a text: the leftmost first, and of several that begin there the longest.</summary>
internal sealed class AddedTokenSplitter
{
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _byContent;
    private readonly int[] _lengths;
    private readonly SearchValues<string> _contents;

    public AddedTokenSplitter(IEnumerable<AddedToken> tokens)
    {
        var byContent = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (var token in tokens) byContent.TryAdd(token.Content, token);
        _byContent = byContent.GetAlternateLookup<ReadOnlySpan<char>>();
        _lengths = [.. byContent.Keys.Select(content => content.Length).Distinct().OrderDescending()];
        _contents = SearchValues.Create([.. byContent.Keys], StringComparison.Ordinal);
    }

    /// <summary>Finds the first token.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="from">Where to begin; what lies before is spent.</param>
    /// <param name="match">The token and what it takes of the text.</param>
    public bool TryFind(ReadOnlySpan<char> text, int from, out (AddedToken Token, int Start, int End) match)
    {
        match = default;
        if (_lengths.Length == 0) return false;
        for (var position = from; position < text.Length;)
        {
            var found = text[position..].IndexOfAny(_contents);
            if (found < 0) return false;
            var start = position + found;
            var token = Longest(text[start..]);
            var end = start + token.Content.Length;
            position = end;
            if (token.IsSingleWord && (EndsWithWord(text[..start]) || BeginsWithWord(text[end..]))) continue;
            while (token.StripsLeft && start > from && char.IsWhiteSpace(text[start - 1])) start--;
            while (token.StripsRight && end < text.Length && char.IsWhiteSpace(text[end])) end++;
            match = (token, start, end);
            return true;
        }

        return false;
    }

    private AddedToken Longest(ReadOnlySpan<char> text)
    {
        foreach (var length in _lengths)
            if (length <= text.Length && _byContent.TryGetValue(text[..length], out var token)) return token;
        throw new InvalidOperationException("no added token begins where one was found");
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out var last, out _) == OperationStatus.Done && IsWord(last);

    private static bool BeginsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out var first, out _) == OperationStatus.Done && IsWord(first);

    // What \w means in Unicode Technical Standard 18.
    private static bool IsWord(Rune rune) => rune.Value is 0x200C or 0x200D || Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
