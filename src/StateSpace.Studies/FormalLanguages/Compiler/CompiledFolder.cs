using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using StateSpace.Models;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>A compiled network as a model folder: configuration, weights, a tokenizer of one token a letter, and the certificate.</summary>
public static class CompiledFolder
{
    /// <summary>Name of the certificate's file.</summary>
    public const string CertificateName = "certificate.json";

    private const string EndOfText = "<|endoftext|>";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>A certificate as JSON.</summary>
    public static string ToJson(Certificate certificate) => JsonSerializer.Serialize(certificate, Format);

    /// <summary>A certificate as JSON.</summary>
    public static string ToJson(CountingCertificate certificate) => JsonSerializer.Serialize(certificate, Format);

    /// <summary>Writes a network.</summary>
    /// <param name="path">The folder; it is made where it is missing.</param>
    /// <param name="network">What was computed.</param>
    /// <param name="model">Its model.</param>
    /// <exception cref="StudyInputException">A symbol cannot be a token of its own, or a file cannot be written.</exception>
    public static void Write(string path, ComputedNetwork network, SequenceModel model)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(model);
        RequireTokens(network.Alphabet);
        try
        {
            Directory.CreateDirectory(path);
            ModelFolder.Save(path, model);
            File.WriteAllText(Path.Combine(path, "tokenizer.json"), Tokenizer(network.Alphabet).ToJsonString(Format) + "\n");
            File.WriteAllText(Path.Combine(path, CertificateName), network.Certificate + "\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StudyInputException($"{path}: cannot be written: {error.Message}");
        }
    }

    /// <summary>Checks that each symbol can be a token of its own in a tokenizer of bytes.</summary>
    /// <exception cref="StudyInputException">One cannot.</exception>
    public static void RequireTokens(string alphabet)
    {
        ArgumentNullException.ThrowIfNull(alphabet);
        if (alphabet.FirstOrDefault(symbol => symbol is < ' ' or > '~') is not '\0' and var other)
            throw new StudyInputException($"the symbol '{other}' cannot be a token: in a model folder, symbols must be printable ASCII");
    }

    private static JsonObject Tokenizer(string alphabet)
    {
        var vocabulary = new JsonObject();

        // A vocabulary of bytes spells the blank so.
        for (var i = 0; i < alphabet.Length; i++) vocabulary[alphabet[i] == ' ' ? "Ġ" : alphabet[i].ToString()] = i;
        return new()
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(new JsonObject
            {
                ["id"] = alphabet.Length,
                ["content"] = EndOfText,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            }),
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(),
            ["post_processor"] = null,
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
    }

    private static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false };
}
