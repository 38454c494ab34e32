using System.Text.Json;

namespace StateSpace.Models.Checkpoints;

/// <summary>
/// The index of weights that are spread over several files: <c>{"metadata": {…}, "weight_map": {"TENSOR": "FILE", …}}</c>. Files lie in the
/// index's own folder.
/// </summary>
internal static class WeightIndex
{
    /// <summary>Reads which file holds which tensor.</summary>
    /// <param name="path">The index.</param>
    /// <exception cref="CheckpointException">It cannot be read, is no such index, or names a file that is no plain name within the folder.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length <= SafeTensorsHeader.MaximumLength) return Parse(path, File.ReadAllBytes(path));
            throw new CheckpointException(path, $"has {length} bytes, more than an index can need ({SafeTensorsHeader.MaximumLength})");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, $"the index is not valid JSON: {error.Message}", error);
        }
    }

    private static Dictionary<string, string> Parse(string path, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        Dictionary<string, string>? map = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new CheckpointException(path, "the index must be an object");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isMap = reader.ValueTextEquals("weight_map"u8);
            reader.Read();
            if (!isMap) reader.Skip();
            else if (map is null) map = ReadMap(path, ref reader);
            else throw new CheckpointException(path, "weight_map occurs twice");
        }

        // Past the end: throws where anything but white space follows.
        reader.Read();
        return map ?? throw new CheckpointException(path, "weight_map is missing");
    }

    private static Dictionary<string, string> ReadMap(string path, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new CheckpointException(path, "weight_map must be an object");
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) throw Problem(": the file's name must be a text");
            var file = reader.GetString()!;
            if (!IsPlainName(file)) throw Problem($": '{SafeTensorsHeader.Short(file)}' is no plain name of a file in the folder");
            if (!map.TryAdd(name, file)) throw Problem(" occurs twice");

            CheckpointException Problem(string problem) => new(path, $"tensor '{SafeTensorsHeader.Short(name)}'{problem}");
        }

        return map;
    }

    // The same on every system, so that a folder is good or bad everywhere: no separators, no drives or streams, no way up.
    private static bool IsPlainName(string name) =>
        name.Length is > 0 and <= 255 && name is not ("." or "..") && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));
}
