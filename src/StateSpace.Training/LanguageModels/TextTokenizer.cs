using System.Security.Cryptography;
using System.Text;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Tokenization;
using StateSpace.Training.LanguageModels.Data;

namespace StateSpace.Training.LanguageModels;

/// <summary>How a run turns text into tokens.</summary>
public sealed class TextTokenizer
{
    /// <summary>Name of the tokenizer whose tokens are bytes.</summary>
    public const string ByteName = "byte";

    private const string FileName = "tokenizer.json";

    private readonly ITokenizer _tokenizer;

    private TextTokenizer(string name, string sha256, ITokenizer tokenizer, TokenEncoder encode) =>
        (Name, Sha256, _tokenizer, Encode) = (name, sha256, tokenizer, encode);

    /// <summary>Every byte is a token.</summary>
    public static TextTokenizer Bytes { get; } = new(ByteName, "", new ByteTokenizer(hasEndOfText: false), EncodeBytes);

    /// <summary><c>byte</c>, or the path of a tokenizer file.</summary>
    public string Name { get; }

    /// <summary>Hash of the file in lower-case hexadecimal; empty for bytes.</summary>
    public string Sha256 { get; }

    /// <summary>Turns UTF-8 text into token ids.</summary>
    public TokenEncoder Encode { get; }

    /// <summary>Number of different tokens V.</summary>
    public long Vocabulary => _tokenizer.VocabularySize;

    /// <summary>Opens a tokenizer.</summary>
    /// <param name="name"><c>byte</c>, a <c>tokenizer.json</c>, or a model folder that has one.</param>
    /// <exception cref="TrainingInputException">The file is missing.</exception>
    /// <exception cref="CheckpointException">The file is no tokenizer.</exception>
    public static TextTokenizer Open(string name)
    {
        if (name == ByteName) return Bytes;
        var path = Directory.Exists(name) ? Path.Combine(name, FileName) : name;
        if (!File.Exists(path)) throw new TrainingInputException($"{path}: there is no such file");
        var tokenizer = Path.GetFileName(path) == FileName ? Tokenizers.Load(Path.GetDirectoryName(Path.GetFullPath(path))!) : BytePairTokenizer.Load(path);
        return new(path, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), tokenizer, text => tokenizer.Encode(Encoding.UTF8.GetString(text)));
    }

    /// <summary>Puts the tokenizer beside a model.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    internal void Save(string folder) => _tokenizer.Save(folder);

    private static int[] EncodeBytes(ReadOnlySpan<byte> text)
    {
        var ids = new int[text.Length];
        for (var i = 0; i < ids.Length; i++) ids[i] = text[i];
        return ids;
    }
}
