using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>Every byte of the text in UTF-8 is a token: ids 0 … 255 are bytes, and 256 may end a text.</summary>
/// <remarks>
/// Saved, it is an ordinary <c>tokenizer.json</c>, which other libraries read to the same ids: a byte-level pair encoding whose vocabulary is the 256
/// bytes and which merges nothing.
/// </remarks>
public sealed class ByteTokenizer : ITokenizer
{
    /// <summary>Spelling of the token that ends a text.</summary>
    public const string EndOfTextSpelling = "<|endoftext|>";

    /// <summary>Id of the token that ends a text, where there is one.</summary>
    public const int EndOfTextId = 256;

    private static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    private readonly AddedTokenSplitter _added;
    private readonly ReadOnlyMemory<byte> _endOfTextBytes;

    /// <summary>Makes the tokenizer.</summary>
    /// <param name="hasEndOfText">Whether id 256 ends a text. Its spelling, <c>&lt;|endoftext|&gt;</c>, is then that id in a text to encode.</param>
    public ByteTokenizer(bool hasEndOfText = true)
    {
        EndOfText = hasEndOfText ? EndOfTextId : null;
        SpecialTokens = hasEndOfText ? new Dictionary<string, int>(StringComparer.Ordinal) { [EndOfTextSpelling] = EndOfTextId } : [];
        _added = new(SpecialTokens.Select(token => new AddedToken(token.Value, token.Key)));
        _endOfTextBytes = Encoding.UTF8.GetBytes(EndOfTextSpelling);
    }

    /// <inheritdoc/>
    public int VocabularySize => EndOfText is null ? 256 : 257;

    /// <inheritdoc/>
    public int? EndOfText { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<char> text, bool addSpecialTokens = false)
    {
        var ids = new List<int>(text.Length + 16);
        var done = 0;
        while (_added.TryFind(text, done, out var match))
        {
            AddBytes(text[done..match.Start], ids);
            ids.Add(match.Token.Id);
            done = match.End;
        }

        AddBytes(text[done..], ids);
        return [.. ids];
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> BytesOf(int id) => id switch
    {
        >= 0 and < 256 => AllBytes.AsMemory(id, 1),
        _ when id == EndOfText => _endOfTextBytes,
        _ => throw new ArgumentOutOfRangeException(nameof(id), id, $"ids are 0 to {VocabularySize - 1}"),
    };

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false) => TokenBytes.Decode(this, ids, skipSpecialTokens);

    /// <inheritdoc/>
    public void Save(string folder) => TokenizerFile.Write(folder, TokenizerFile.ByteDescription(EndOfText is not null), EndOfText is null ? null : EndOfTextSpelling);

    private static void AddBytes(ReadOnlySpan<char> text, List<int> ids)
    {
        Span<byte> bytes = stackalloc byte[512];
        while (text.Length > 0)
        {
            // Unpaired surrogates are replaced; a pair is never cut.
            System.Text.Unicode.Utf8.FromUtf16(text, bytes, out var read, out var written, replaceInvalidSequences: true, isFinalBlock: true);
            foreach (var value in bytes[..written]) ids.Add(value);
            text = text[read..];
        }
    }
}
