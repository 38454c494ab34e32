using FsCheck;
using FsCheck.Fluent;

namespace StateSpace.Models.Tests.Tokenization;

/// <summary>Texts that are hard on tokenizers, the same on every machine.</summary>
internal static class AnyText
{
    private static readonly string[] Pieces =
    [
        " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u0085", "\u3000", "\u2028", "'s", "'ll", "'", "'S", "don't", "the", "And ", "x", "é", "e\u0301", "\u0323\u0301", "ﬁ", "Å", "\u212B",
        "\u1100\u1161\u11A8", "한", "\u09C7\u09BE", "東京", "🙂", "👩\u200D👧", "𝔄", "𝟘", "𐐀", "1", "２", "½", "Ⅷ", "_", "…", "—", "<|endoftext|>", "<|end", "\0", "\uFFFD", "\uFEFF",
    ];

    private static readonly Gen<string> Piece = Gen.Frequency(
        (6, Gen.Elements(Pieces)),
        (2, Gen.Choose(0, 0x7F).Select(c => ((char)c).ToString())),
        (2, Gen.Choose(0x80, 0xD7FF).Select(c => ((char)c).ToString())),
        (1, Gen.Choose(0x10000, 0x10FFFF).Select(char.ConvertFromUtf32)));

    private static readonly Gen<string> Surrogate = Gen.Choose(0xD800, 0xDFFF).Select(c => ((char)c).ToString());

    /// <summary>Valid Unicode.</summary>
    public static Gen<string> Valid { get; } = Joined(Piece);

    /// <summary>Also with unpaired surrogates.</summary>
    public static Gen<string> Any { get; } = Joined(Gen.Frequency((8, Piece), (1, Surrogate)));

    public static void Check(Gen<string> texts, Action<string> claim, int times = 500)
    {
        var configuration = Config.QuickThrowOnFailure.WithMaxTest(times).WithReplay(20_251_101, 1);
        Prop.ForAll(texts.ToArbitrary(), claim).Check(configuration);
    }

    private static Gen<string> Joined(Gen<string> piece) =>
        from count in Gen.Choose(0, 40)
        from pieces in Gen.ArrayOf(piece, count)
        select string.Concat(pieces);
}
