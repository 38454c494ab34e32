using System.Text;
using System.Text.Json;
using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.HuggingFace;

/// <summary>A model's <c>config.json</c>: keys with their types checked, unknown ones ignored, <c>null</c> the same as absent.</summary>
/// <remarks>
/// Numbers may be Python's bare <c>Infinity</c>, the text <c>"Infinity"</c>, or <c>{"__float__": "Infinity"}</c>, as the library has written them
/// over time.
/// </remarks>
internal sealed class ConfigFile
{
    /// <summary>Name of the file in a model folder.</summary>
    public const string Name = "config.json";

    private const long LargestFile = 16 << 20;

    private readonly JsonElement _root;

    private ConfigFile(string path, JsonElement root) => (Path, _root) = (path, root);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Reads a model folder's configuration.</summary>
    /// <exception cref="CheckpointException">There is none, or it is no JSON object.</exception>
    public static ConfigFile Read(string folder)
    {
        var path = System.IO.Path.Combine(folder, Name);
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists) throw new CheckpointException(folder, $"is no model folder: it has no {Name}");
            if (info.Length > LargestFile) throw new CheckpointException(path, $"has {info.Length} bytes, more than a configuration can need ({LargestFile})");
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a configuration from text.</summary>
    /// <exception cref="CheckpointException">It is no JSON object.</exception>
    public static ConfigFile Parse(string path, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(QuoteBareNumbers(json));
            CheckTexts(document.RootElement);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new CheckpointException(path, "the configuration must be a JSON object");
            return new(path, document.RootElement.Clone());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second comes for text that is not Unicode.
            throw new CheckpointException(path, $"is not valid JSON: {error.Message}", error);
        }
    }

    /// <summary>Whether a key has a value.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Whether a key is there and its value is <c>null</c>, where that differs from an absent one.</summary>
    public bool IsNull(string key) => _root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>The raw text of a value, or null.</summary>
    public string? Json(string key) => Find(key)?.GetRawText();

    /// <summary>A text.</summary>
    /// <exception cref="CheckpointException">The value is no text.</exception>
    public string Text(string key, string absent)
    {
        if (Find(key) is not { } value) return absent;
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, value, "a text");
    }

    /// <summary>true or false.</summary>
    /// <exception cref="CheckpointException">The value is neither.</exception>
    public bool Flag(string key, bool absent)
    {
        if (Find(key) is not { } value) return absent;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, value, "true or false");
    }

    /// <summary>A whole number; one written as 2.0 counts.</summary>
    /// <param name="key">Name.</param>
    /// <param name="absent">Value where the key is absent; null makes the key mandatory.</param>
    /// <param name="minimum">Smallest value.</param>
    /// <param name="maximum">Largest value.</param>
    /// <exception cref="CheckpointException">The key is missing, or the value is no whole number in the range.</exception>
    public long Integer(string key, long? absent, long minimum = 1, long maximum = int.MaxValue)
    {
        if (Find(key) is not { } value) return absent ?? throw new CheckpointException(Path, $"'{key}' is missing");
        var number = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var parsed) ? parsed : double.NaN;
        if (number == Math.Floor(number) && number >= minimum && number <= maximum) return (long)number;
        throw Wrong(key, value, $"a whole number from {minimum} to {maximum}");
    }

    /// <summary>A whole number, or null where the value is absent or the text <c>auto</c>.</summary>
    /// <exception cref="CheckpointException">The value is neither.</exception>
    public long? IntegerOrAuto(string key) =>
        Find(key) is { ValueKind: JsonValueKind.String } value && value.GetString() == "auto" ? null : Has(key) ? Integer(key, null) : null;

    /// <summary>A number.</summary>
    /// <exception cref="CheckpointException">The value is no number.</exception>
    public double Number(string key, double absent) => Find(key) is not { } value ? absent : AsNumber(value) ?? throw Wrong(key, value, "a number");

    /// <summary>A list of numbers.</summary>
    /// <exception cref="CheckpointException">The value is no such list.</exception>
    public double[]? Numbers(string key)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(key, value, "a list of numbers");
        return [.. value.EnumerateArray().Select(item => AsNumber(item) ?? throw Wrong(key, value, "a list of numbers"))];
    }

    /// <summary>The first text of a list, or null.</summary>
    public string? FirstText(string key) =>
        Find(key) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String ? list[0].GetString() : null;

    /// <summary>Reads every text once, so that one that is not Unicode is found here and not where its key is asked for.</summary>
    private static void CheckTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) CheckTexts(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    _ = member.Name;
                    CheckTexts(member.Value);
                }

                break;
        }
    }

    private static double? AsNumber(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDouble(out var number) => number,
        JsonValueKind.String => Named(value.GetString()),
        JsonValueKind.Object when value.TryGetProperty("__float__", out var inner) && inner.ValueKind == JsonValueKind.String => Named(inner.GetString()),
        _ => null,
    };

    private static double? Named(string? text) => text switch
    {
        "Infinity" or "inf" => double.PositiveInfinity,
        "-Infinity" or "-inf" => double.NegativeInfinity,
        "NaN" or "nan" => double.NaN,
        _ => null,
    };

    /// <summary>Python writes infinite numbers as words that JSON does not know; here they become texts.</summary>
    private static string QuoteBareNumbers(string json)
    {
        var result = new StringBuilder(json.Length);
        var inText = false;
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            if (inText)
            {
                result.Append(c);
                if (c == '\\' && i + 1 < json.Length) result.Append(json[++i]);
                else if (c == '"') inText = false;
                continue;
            }

            var word = Array.Find(["-Infinity", "Infinity", "NaN"], candidate => string.CompareOrdinal(json, i, candidate, 0, candidate.Length) == 0);
            if (word is null)
            {
                inText = c == '"';
                result.Append(c);
            }
            else
            {
                result.Append('"').Append(word).Append('"');
                i += word.Length - 1;
            }
        }

        return result.ToString();
    }

    private JsonElement? Find(string key) => _root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private CheckpointException Wrong(string key, JsonElement value, string expected)
    {
        var text = value.GetRawText();
        return new(Path, $"'{key}' is {(text.Length > 60 ? $"{text[..60]}…" : text)}; it must be {expected}");
    }
}
