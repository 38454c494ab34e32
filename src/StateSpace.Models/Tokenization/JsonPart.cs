using System.Text.Json;
using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.Tokenization;

/// <summary>A value in a JSON file together with where it is, so that whatever is wrong with it can be said in one line.</summary>
/// <param name="File">The file.</param>
/// <param name="Where">Path of the value, such as <c>model.vocab</c>.</param>
/// <param name="Value">The value.</param>
internal readonly record struct JsonPart(string File, string Where, JsonElement Value)
{
    /// <summary>The texts of the values <c>null</c> and of what is missing.</summary>
    public bool IsNothing => Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>A member of this object; nothing where it has no such member.</summary>
    public JsonPart this[string name]
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Object) throw Problem("must be an object");
            return new(File, Where.Length == 0 ? name : $"{Where}.{name}", Value.TryGetProperty(name, out var member) ? member : default);
        }
    }

    /// <summary>Parses a whole file.</summary>
    /// <param name="file">Its path, for errors.</param>
    /// <param name="json">Its content.</param>
    /// <param name="read">Makes something of it.</param>
    /// <exception cref="CheckpointException">It is not valid JSON, or <paramref name="read"/> refuses it.</exception>
    public static T Parse<T>(string file, ReadOnlyMemory<byte> json, Func<JsonPart, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
            return read(new(file, "", document.RootElement));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second comes for text that is not Unicode.
            throw new CheckpointException(file, $"is not valid JSON: {error.Message}", error);
        }
    }

    /// <summary>The elements of this list; none where it is nothing.</summary>
    public IEnumerable<JsonPart> Items()
    {
        if (IsNothing) yield break;
        if (Value.ValueKind != JsonValueKind.Array) throw Problem("must be a list");
        var i = 0;
        foreach (var item in Value.EnumerateArray()) yield return new(File, $"{Where}[{i++}]", item);
    }

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Problem("must be a text");

    /// <summary>The text, or null where this is nothing.</summary>
    public string? OptionalText() => IsNothing ? null : Text();

    /// <summary>The truth value, or <paramref name="otherwise"/> where this is nothing.</summary>
    public bool Truth(bool otherwise) => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ when IsNothing => otherwise,
        _ => throw Problem("must be true or false"),
    };

    /// <summary>A number from 0 on.</summary>
    public int Index() =>
        Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out var number) && number >= 0 ? number : throw Problem("must be a whole number from 0 on");

    public CheckpointException Problem(string problem) => new(File, Where.Length == 0 ? $"the content {problem}" : $"{SafeTensorsHeader.Short(Where)} {problem}");
}
