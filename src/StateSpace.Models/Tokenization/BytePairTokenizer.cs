using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.Tokenization;

/// <summary>
/// Byte-level byte pair encoding as <c>tokenizer.json</c> describes it (huggingface.co/docs/tokenizers), the tokenizer of GPT-2, GPT-NeoX, Mamba,
/// Falcon and Llama 3: added tokens are taken out, the text is normalized and cut into words, and the bytes of each word are merged to tokens.
/// </summary>
/// <remarks>Supported are: normalization NFC or none; pre-tokenizers ByteLevel, Split, Digits and Punctuation, also in sequence.</remarks>
public sealed class BytePairTokenizer : ITokenizer
{
    // Words repeat: most of a text is found here. Rare and long ones are not kept, so that no text can fill the memory.
    private const int LongestKept = 64;
    private const int MostKept = 1 << 17;

    private readonly TokenizerDescription _description;
    private readonly AddedTokenSplitter _asGiven;
    private readonly AddedTokenSplitter _normalized;
    private readonly ReadOnlyMemory<byte>?[] _bytes;
    private readonly ConcurrentDictionary<string, int[]> _words = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _kept;
    private int _keptCount;

    internal BytePairTokenizer(TokenizerDescription description, int? endOfText)
    {
        _description = description;
        _asGiven = new(description.Added.Where(token => !token.IsNormalized));
        _normalized = new(description.Added.Where(token => token.IsNormalized).Select(token => token with { Content = Normalize(token.Content) ?? token.Content }));
        _kept = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        _bytes = new ReadOnlyMemory<byte>?[description.LargestId + 1];
        foreach (var (token, id) in description.Model.Vocabulary) _bytes[id] = ByteAlphabet.Bytes(token);
        foreach (var token in description.Added) _bytes[token.Id] = ByteAlphabet.Bytes(token.Content);
        SpecialTokens = description.Added.Where(token => token.IsSpecial).ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        EndOfText = endOfText;
    }

    /// <inheritdoc/>
    public int VocabularySize => _bytes.Length;

    /// <inheritdoc/>
    public int? EndOfText { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>
    /// Reads a <c>tokenizer.json</c>. The end of a text is the special token of a usual name; <see cref="Tokenizers.Load"/> looks at the model's settings.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file cannot be read, is damaged, or describes a tokenizer of another kind, which is named.</exception>
    public static BytePairTokenizer Load(string path)
    {
        var description = TokenizerFile.Read(path);
        return new(description, description.UsualEndOfText);
    }

    /// <summary>Id of a token as the file spells it, such as <c>Ġthe</c>.</summary>
    public bool TryGetId(string token, out int id)
    {
        if (_description.Model.Vocabulary.TryGetValue(token, out id)) return true;
        var added = _description.Added.FirstOrDefault(other => string.Equals(other.Content, token, StringComparison.Ordinal));
        id = added?.Id ?? 0;
        return added is not null;
    }

    /// <inheritdoc/>
    /// <exception cref="CheckpointException">The vocabulary lacks a byte of the text.</exception>
    public int[] Encode(ReadOnlySpan<char> text, bool addSpecialTokens = false)
    {
        var ids = new List<int>((text.Length / 3) + 16);
        if (addSpecialTokens) ids.AddRange(_description.Prefix);
        try
        {
            AddText(text, ids);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new CheckpointException(_description.Path, $"pre_tokenizer: the pattern {error.Pattern} takes too long on this text", error);
        }

        if (addSpecialTokens) ids.AddRange(_description.Suffix);
        return [.. ids];
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> BytesOf(int id) =>
        (uint)id < (uint)_bytes.Length && _bytes[id] is { } bytes
            ? bytes
            : throw new ArgumentOutOfRangeException(nameof(id), id, $"no token of {_description.Path} has this id");

    /// <summary>Whether a token has this id.</summary>
    internal bool Has(int id) => (uint)id < (uint)_bytes.Length && _bytes[id] is not null;

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false) => TokenBytes.Decode(this, ids, skipSpecialTokens);

    /// <inheritdoc/>
    public void Save(string folder) => TokenizerFile.Write(folder, _description.Json, EndOfText is { } id ? Encoding.UTF8.GetString(BytesOf(id).Span) : null);

    private string? Normalize(ReadOnlySpan<char> text) => _description.Composes ? CanonicalComposition.Apply(text) : null;

    private void AddText(ReadOnlySpan<char> text, List<int> ids)
    {
        var done = 0;
        while (_asGiven.TryFind(text, done, out var match))
        {
            AddNormalized(text[done..match.Start], ids);
            ids.Add(match.Token.Id);
            done = match.End;
        }

        AddNormalized(text[done..], ids);
    }

    private void AddNormalized(ReadOnlySpan<char> text, List<int> ids)
    {
        if (Normalize(text) is { } changed) text = changed;
        var done = 0;
        while (_normalized.TryFind(text, done, out var match))
        {
            AddPieces(text[done..match.Start], 0, ids);
            ids.Add(match.Token.Id);
            done = match.End;
        }

        AddPieces(text[done..], 0, ids);
    }

    /// <summary>Applies the rules before the change to bytes from one of them on, then that change.</summary>
    private void AddPieces(ReadOnlySpan<char> text, int rule, List<int> ids)
    {
        if (text.IsEmpty) return;
        if (rule < _description.TextRules.Count)
        {
            foreach (var (start, end) in _description.TextRules[rule].Split(text)) AddPieces(text[start..end], rule + 1, ids);
            return;
        }

        if (_description.AddsPrefixSpace && text[0] != ' ') text = $" {text}";
        while (!text.IsEmpty)
        {
            var length = _description.CutsWords ? GptWords.First(text) : text.Length;
            AddWord(text[..length], ids);
            text = text[length..];
        }
    }

    private void AddWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length <= LongestKept && _kept.TryGetValue(word, out var kept))
        {
            ids.AddRange(kept);
            return;
        }

        var start = ids.Count;
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(word.Length));
        try
        {
            AddBytes(bytes.AsSpan(0, Encoding.UTF8.GetBytes(word, bytes)), 0, ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        if (word.Length > LongestKept || Volatile.Read(ref _keptCount) >= MostKept) return;
        if (_words.TryAdd(word.ToString(), [.. ids.Skip(start)])) Interlocked.Increment(ref _keptCount);
    }

    /// <summary>Applies the rules behind the change to bytes, which see the letters of <see cref="ByteAlphabet"/>, then merges.</summary>
    private void AddBytes(ReadOnlySpan<byte> bytes, int rule, List<int> ids)
    {
        if (rule < _description.ByteRules.Count)
        {
            foreach (var (start, end) in _description.ByteRules[rule].Split(ByteAlphabet.Spell(bytes))) AddBytes(bytes[start..end], rule + 1, ids);
            return;
        }

        var unknown = _description.Model.FirstUnknown(bytes);
        if (unknown < 0) _description.Model.Encode(bytes, ids);
        else throw new CheckpointException(_description.Path, $"the vocabulary has no token for the byte 0x{bytes[unknown]:X2} of the text and no unk_token");
    }
}
