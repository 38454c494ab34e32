namespace StateSpace.Models.Tokenization;

/// <summary>Turns text into the numbers that a language model reads, and back. Safe for use from several threads.</summary>
public interface ITokenizer
{
    /// <summary>Ids are 0 … VocabularySize − 1; some of them may stand for nothing.</summary>
    int VocabularySize { get; }

    /// <summary>Id that ends a text, or null where the tokenizer has none.</summary>
    int? EndOfText { get; }

    /// <summary>Ids of the tokens that control a model and are no part of a text, by their spelling.</summary>
    IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>Ids of a text. A special token's spelling within the text becomes its id. An unpaired surrogate reads as U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">Whether to put around it what the tokenizer's file says, such as a token that begins a text.</param>
    int[] Encode(ReadOnlySpan<char> text, bool addSpecialTokens = false);

    /// <summary>UTF-8 that an id stands for; it may begin or end within a character.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id.</exception>
    ReadOnlyMemory<byte> BytesOf(int id);

    /// <summary>Text of ids. Bytes that are not UTF-8 read as U+FFFD. For text that arrives id by id see <see cref="TokenDecoder"/>.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out; otherwise their spelling is part of the text.</param>
    /// <exception cref="ArgumentOutOfRangeException">No token has one of these ids.</exception>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false);

    /// <summary>Writes <c>tokenizer.json</c> into a model folder, so that <see cref="Tokenizers.Load"/> gives this tokenizer again.</summary>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    /// <exception cref="Checkpoints.CheckpointException">The file cannot be written.</exception>
    void Save(string folder);
}
