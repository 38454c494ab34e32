using System.Buffers;
using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>Decoding by bytes: what the ids stand for, in a row, read as UTF-8.</summary>
internal static class TokenBytes
{
    public static string Decode(ITokenizer tokenizer, ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var bytes = new ArrayBufferWriter<byte>(Math.Max(16, 4 * ids.Length));
        var skipped = skipSpecialTokens ? tokenizer.SpecialTokens.Values.ToHashSet() : null;
        foreach (var id in ids)
        {
            var token = tokenizer.BytesOf(id).Span;
            if (skipped?.Contains(id) != true) bytes.Write(token);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
