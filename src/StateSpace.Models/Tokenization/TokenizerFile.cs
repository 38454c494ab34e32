using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.Tokenization;

/// <summary>Reads and writes <c>tokenizer.json</c> and, beside it, <c>tokenizer_config.json</c> with the name of the token that ends a text.</summary>
internal static class TokenizerFile
{
    public const string Name = "tokenizer.json";
    public const string SettingsName = "tokenizer_config.json";

    private const long MostBytes = 100_000_000;

    /// <summary>Reads a description.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, is damaged, or describes what is not supported.</exception>
    public static TokenizerDescription Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var json = ReadBytes(path);
        return JsonPart.Parse(path, json, root => TokenizerParser.Read(root, json));
    }

    /// <summary>Reads a small JSON file whole.</summary>
    public static ReadOnlyMemory<byte> ReadBytes(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MostBytes) throw new CheckpointException(path, $"has {length} bytes, more than such a file can need ({MostBytes})");
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Writes a description, and the name of the token that ends a text where there is one.</summary>
    public static void Write(string folder, ReadOnlyMemory<byte> json, string? endOfText)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var settings = Compose(writer =>
        {
            writer.WriteStartObject();
            if (endOfText is not null) writer.WriteString("eos_token", endOfText);
            writer.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            writer.WriteEndObject();
        });
        using var description = PartialFile.Write(Path.Combine(folder, Name), json.Length, stream => stream.Write(json.Span));
        using var names = PartialFile.Write(Path.Combine(folder, SettingsName), settings.Length, stream => stream.Write(settings.Span));
        description.Commit();
        names.Commit();
    }

    /// <summary>The description of <see cref="ByteTokenizer"/>.</summary>
    public static ReadOnlyMemory<byte> ByteDescription(bool hasEndOfText) => Compose(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("version", "1.0");
        writer.WriteNull("truncation");
        writer.WriteNull("padding");
        writer.WriteStartArray("added_tokens");
        if (hasEndOfText) WriteEndOfText(writer);
        writer.WriteEndArray();
        writer.WriteNull("normalizer");
        WriteByteLevel(writer, "pre_tokenizer");
        writer.WriteNull("post_processor");
        WriteByteLevel(writer, "decoder");
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        writer.WriteStartObject("vocab");
        for (var value = 0; value < 256; value++) writer.WriteNumber(ByteAlphabet.Letter((byte)value).ToString(), value);
        writer.WriteEndObject();
        writer.WriteStartArray("merges");
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    private static void WriteEndOfText(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", ByteTokenizer.EndOfTextId);
        writer.WriteString("content", ByteTokenizer.EndOfTextSpelling);
        foreach (var property in new[] { "single_word", "lstrip", "rstrip", "normalized" }) writer.WriteBoolean(property, false);
        writer.WriteBoolean("special", true);
        writer.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartObject(name);
        writer.WriteString("type", "ByteLevel");
        foreach (var property in new[] { "add_prefix_space", "trim_offsets", "use_regex" }) writer.WriteBoolean(property, false);
        writer.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Compose(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" })) write(writer);
        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}
