using System.Text.Json;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.HuggingFace;

namespace StateSpace.Models.Tokenization;

/// <summary>Finds a model's tokenizer in its folder.</summary>
public static class Tokenizers
{
    /// <summary>Value of <c>tokenizer_class</c> in <c>config.json</c> that stands for <see cref="ByteTokenizer"/> where there is no tokenizer's file.</summary>
    public const string ByteClass = "ByteTokenizer";

    private const string EndKey = "eos_token_id";

    /// <summary>
    /// The tokenizer of a model folder: that of <c>tokenizer.json</c>; or, without one, bytes where <c>config.json</c> says
    /// <c>"tokenizer_class": "ByteTokenizer"</c>, with an end of text where its <c>eos_token_id</c> is 256.
    /// </summary>
    /// <remarks>
    /// The end of a text is the <c>eos_token</c> of <c>tokenizer_config.json</c>, else the <c>eos_token_id</c> of <c>config.json</c> (the first, where
    /// it lists several), else a special token of a usual name, such as <c>&lt;|endoftext|&gt;</c>.
    /// </remarks>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="CheckpointException">There is no tokenizer, a file is damaged, or it describes a kind that is not supported, which is named.</exception>
    public static ITokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, "no such folder");
        var (ending, tokenizerClass) = ReadConfiguration(folder);
        var path = Path.Combine(folder, TokenizerFile.Name);
        if (File.Exists(path)) return FromFile(path, ReadEndName(Path.Combine(folder, TokenizerFile.SettingsName)), ending);
        if (string.Equals(tokenizerClass, ByteClass, StringComparison.Ordinal)) return new ByteTokenizer(ending == ByteTokenizer.EndOfTextId);
        var hint = File.Exists(Path.Combine(folder, "tokenizer.model")) ? "; tokenizer.model is in a format that is not read" : "";
        var looked = $"{TokenizerFile.Name} is not there, and {ConfigFile.Name} does not say \"tokenizer_class\": \"{ByteClass}\"";
        throw new CheckpointException(folder, $"has no tokenizer: {looked}{hint}");
    }

    private static ITokenizer FromFile(string path, string? endName, int? ending)
    {
        var description = TokenizerFile.Read(path);
        if (description.IsByteTokenizer) return new ByteTokenizer(description.Added.Count > 0);
        var plain = new BytePairTokenizer(description, description.UsualEndOfText);
        if (endName is not null)
        {
            return plain.TryGetId(endName, out var id)
                ? new BytePairTokenizer(description, id)
                : throw new CheckpointException(path, $"has no token '{SafeTensorsHeader.Short(endName)}', which {TokenizerFile.SettingsName} says ends a text");
        }

        return ending is { } given && plain.Has(given) ? new BytePairTokenizer(description, given) : plain;
    }

    private static (int? Ending, string TokenizerClass) ReadConfiguration(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ConfigFile.Name))) return (null, "");
        var config = ConfigFile.Read(folder);
        var endings = config.Json(EndKey)?.StartsWith('[') == true ? config.Numbers(EndKey)! : [config.Integer(EndKey, absent: -1, minimum: -1)];
        var isId = endings is [>= 0 and <= int.MaxValue, ..] && double.IsInteger(endings[0]);
        return (isId ? (int)endings[0] : null, config.Text("tokenizer_class", ""));
    }

    // Either a text or what is said of the token, with the text as its content.
    private static string? ReadEndName(string path)
    {
        if (!File.Exists(path)) return null;
        return JsonPart.Parse(path, TokenizerFile.ReadBytes(path), root =>
            root["eos_token"].Value.ValueKind == JsonValueKind.Object ? root["eos_token"]["content"].OptionalText() : root["eos_token"].OptionalText());
    }
}
