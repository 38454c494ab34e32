using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>Decodes a text whose ids come one by one: gives characters as soon as they are complete, and never half of one.</summary>
/// <remarks>What <see cref="Add"/> and then <see cref="Finish"/> give together is what <see cref="ITokenizer.Decode"/> gives for all ids.</remarks>
/// <param name="tokenizer">Says which bytes an id stands for.</param>
/// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
public sealed class TokenDecoder(ITokenizer tokenizer, bool skipSpecialTokens = false)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly HashSet<int>? _skipped = skipSpecialTokens ? [.. tokenizer.SpecialTokens.Values] : null;

    /// <summary>Takes the next id.</summary>
    /// <returns>The text that is now complete; often empty, where a character takes several ids.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    public string Add(int id)
    {
        var bytes = tokenizer.BytesOf(id).Span;
        return _skipped?.Contains(id) == true ? "" : Decode(bytes, flush: false);
    }

    /// <summary>Ends the text: bytes of a character that never became complete read as U+FFFD. The next id begins a new text.</summary>
    public string Finish() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> characters = bytes.Length <= 256 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        return new(characters[.._decoder.GetChars(bytes, characters, flush)]);
    }
}
