using System.Security.Cryptography;
using StateSpace.Training.LanguageModels.Data;

namespace StateSpace.Training.LanguageModels;

/// <summary>How a run turns text into tokens.</summary>
/// <param name="Name"><c>byte</c>, or the path of a tokenizer file.</param>
/// <param name="Sha256">Hash of the file in lower-case hexadecimal; empty for bytes.</param>
/// <param name="Vocabulary">Number of different tokens V.</param>
/// <param name="Encode">Turns text into token ids.</param>
public sealed record TextTokenizer(string Name, string Sha256, long Vocabulary, TokenEncoder Encode)
{
    /// <summary>Name of the tokenizer whose tokens are bytes.</summary>
    public const string ByteName = "byte";

    /// <summary>Every byte is a token.</summary>
    public static TextTokenizer Bytes { get; } = new(ByteName, "", 256, EncodeBytes);

    /// <summary>Opens a tokenizer.</summary>
    /// <param name="name"><c>byte</c>, or a <c>tokenizer.json</c>.</param>
    /// <exception cref="TrainingInputException">The file is missing or is no tokenizer.</exception>
    public static TextTokenizer Open(string name)
    {
        if (name == ByteName) return Bytes;
        throw new TrainingInputException($"{name}: there is no such file");
    }

    /// <summary>Puts the tokenizer beside a model.</summary>
    /// <param name="folder">The model's folder.</param>
    internal void Save(string folder)
    {
        if (Name == ByteName) return;
        File.Copy(Name, Path.Combine(folder, "tokenizer.json"), overwrite: true);
    }

    private static int[] EncodeBytes(ReadOnlySpan<byte> text)
    {
        var ids = new int[text.Length];
        for (var i = 0; i < ids.Length; i++) ids[i] = text[i];
        return ids;
    }
}
