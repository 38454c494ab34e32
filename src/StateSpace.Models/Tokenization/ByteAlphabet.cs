using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>
/// The letters that byte-level vocabularies spell bytes with, as GPT-2 introduced them: a byte that is a visible character of Latin-1 stands for
/// itself; the 68 others, in order, for the characters from U+0100 on, so that a space is Ġ.
/// </summary>
internal static class ByteAlphabet
{
    private const int Letters = 256 + 68;

    private static readonly char[] LetterOf = MakeLetters();
    private static readonly short[] ByteOf = MakeBytes();

    public static char Letter(byte value) => LetterOf[value];

    /// <summary>Spells bytes.</summary>
    public static string Spell(ReadOnlySpan<byte> bytes) => string.Create(bytes.Length, bytes, (letters, source) =>
    {
        for (var i = 0; i < letters.Length; i++) letters[i] = LetterOf[source[i]];
    });

    /// <summary>The bytes that a token spells; those of its UTF-8 where it holds anything that is no letter of this alphabet.</summary>
    public static byte[] Bytes(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (token[i] >= Letters || ByteOf[token[i]] < 0) return Encoding.UTF8.GetBytes(token);
            bytes[i] = (byte)ByteOf[token[i]];
        }

        return bytes;
    }

    private static char[] MakeLetters()
    {
        var letters = new char[256];
        var next = (char)256;
        for (var value = 0; value < 256; value++) letters[value] = value is (> 32 and < 127) or (> 160 and not 173) ? (char)value : next++;
        return letters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[Letters];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++) bytes[LetterOf[value]] = (short)value;
        return bytes;
    }
}
