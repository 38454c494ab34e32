namespace StateSpace.Models.Tokenization;

/// <summary>What a <c>tokenizer.json</c> says.</summary>
internal sealed record TokenizerDescription
{
    private static readonly string[] UsualNames = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"];

    /// <summary>The file, for errors.</summary>
    public required string Path { get; init; }

    /// <summary>Its content, byte by byte, to be saved beside other weights.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }

    public required BytePairModel Model { get; init; }

    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>Whether texts are brought into Normalization Form C.</summary>
    public bool Composes { get; init; }

    /// <summary>Rules that cut the text before it becomes bytes.</summary>
    public IReadOnlyList<SplitRule> TextRules { get; init; } = [];

    /// <summary>Whether a piece that does not begin with a space gets one.</summary>
    public bool AddsPrefixSpace { get; init; }

    /// <summary>Whether pieces are cut by <see cref="GptWords"/>.</summary>
    public bool CutsWords { get; init; }

    /// <summary>Rules that cut the bytes, spelled by <see cref="ByteAlphabet"/>.</summary>
    public IReadOnlyList<SplitRule> ByteRules { get; init; } = [];

    /// <summary>Ids before and behind a text that gets its special tokens.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];

    /// <inheritdoc cref="Prefix"/>
    public IReadOnlyList<int> Suffix { get; init; } = [];

    public int LargestId => Math.Max(Model.Vocabulary.Values.DefaultIfEmpty(-1).Max(), Added.Select(token => token.Id).DefaultIfEmpty(-1).Max());

    /// <summary>The special token of a name that usually ends a text, or null.</summary>
    public int? UsualEndOfText => UsualNames
        .Select(name => Added.FirstOrDefault(token => token.IsSpecial && string.Equals(token.Content, name, StringComparison.Ordinal))?.Id)
        .FirstOrDefault(id => id is not null);

    /// <summary>Whether this is what <see cref="ByteTokenizer"/> writes.</summary>
    public bool IsByteTokenizer =>
        !Composes && !AddsPrefixSpace && !CutsWords && TextRules.Count == 0 && ByteRules.Count == 0 && Prefix.Count == 0 && Suffix.Count == 0
        && Model.MergeCount == 0 && Model.Vocabulary.Count == 256
        && Enumerable.Range(0, 256).All(value => Model.Vocabulary.TryGetValue(ByteAlphabet.Letter((byte)value).ToString(), out var id) && id == value)
        && (Added.Count == 0 || (Added.Count == 1 && Added[0] == new AddedToken(ByteTokenizer.EndOfTextId, ByteTokenizer.EndOfTextSpelling)));
}
