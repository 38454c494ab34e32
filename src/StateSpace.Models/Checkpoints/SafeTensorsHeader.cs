using System.Text.Json;
using StateSpace.Tensors;

namespace StateSpace.Models.Checkpoints;

/// <summary>
/// The JSON header of a safetensors file: <c>{"NAME": {"dtype": …, "shape": […], "data_offsets": [begin, end]}, …}</c> and texts under
/// <c>__metadata__</c>. The tensors fill the bytes behind the header without gap or overlap.
/// </summary>
internal sealed class SafeTensorsHeader
{
    public const string MetadataName = "__metadata__";

    /// <summary>The format's own limit.</summary>
    public const long MaximumLength = 100_000_000;

    private const int MaximumRank = 64;

    private readonly string _path;
    private readonly long _dataLength;
    private readonly Dictionary<string, SafeTensorsEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafeTensorsHeader(string path, long dataLength)
    {
        _path = path;
        _dataLength = dataLength;
    }

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    public IReadOnlyDictionary<string, SafeTensorsEntry> Entries => _entries;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="json">The header.</param>
    /// <param name="dataLength">Bytes behind the header.</param>
    /// <exception cref="CheckpointException">The header is not what the format says.</exception>
    public static SafeTensorsHeader Parse(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        var header = new SafeTensorsHeader(path, dataLength);
        try
        {
            var reader = new Utf8JsonReader(json);
            header.ReadObject(ref reader);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The reader throws the second for text that is not Unicode.
            throw header.Problem($"the header is not valid JSON: {error.Message}", error);
        }

        header.CheckLayout();
        return header;
    }

    private void ReadObject(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        var hasMetadata = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (string.Equals(name, MetadataName, StringComparison.Ordinal))
            {
                if (hasMetadata) throw Problem($"{MetadataName} occurs twice");
                hasMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (!_entries.TryAdd(name, ReadEntry(ref reader, name)))
            {
                throw Problem(name, "occurs twice");
            }
        }

        // Past the end: throws where anything but white space follows.
        reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, MetadataName);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String, $"{MetadataName} '{key}'");
            if (!_metadata.TryAdd(key, reader.GetString()!)) throw Problem($"{MetadataName} '{key}' occurs twice");
        }
    }

    private SafeTensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartObject, $"tensor '{name}'");
        string? type = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var field = reader.GetString()!;
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String, $"tensor '{name}': dtype");
                    type = reader.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, field, MaximumRank);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name, field, 2);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Problem(name, $"{field} occurs twice");
                default:
                    reader.Skip();
                    break;
            }
        }

        if (type is null) throw Problem(name, "dtype is missing");
        if (shape is null) throw Problem(name, "shape is missing");
        if (offsets is not [var start, var end]) throw Problem(name, "data_offsets must be two numbers");
        if (start > end || end > _dataLength)
        {
            throw Problem(name, $"data_offsets [{start}, {end}] do not lie within the {_dataLength} bytes behind the header; the file may be cut off");
        }

        CheckSize(name, type, shape, end - start);
        return new(name, type, shape.ToArray(), start, end - start);
    }

    private List<long> ReadNumbers(ref Utf8JsonReader reader, string name, string field, int most)
    {
        Expect(ref reader, JsonTokenType.StartArray, $"tensor '{name}': {field}");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw Problem(name, $"{field} must hold whole numbers from 0 to 2^63 - 1");
            }

            if (numbers.Count == most) throw Problem(name, $"{field} has more than {most} numbers");
            numbers.Add(number);
        }

        return numbers;
    }

    private void CheckSize(string name, string type, List<long> shape, long bytes)
    {
        // Sizes of 0 count as 1 here, so that no partial product of a shape can overflow later either.
        var (count, largest) = (1L, 1L);
        foreach (var size in shape)
        {
            if (largest > long.MaxValue / 64 / Math.Max(1, size)) throw Problem(name, $"shape ({string.Join(", ", shape)}) has too many elements");
            largest *= Math.Max(1, size);
            count *= size;
        }

        if (SafeTensorsTypes.Bits(type) is { } bits && ((count * bits) % 8 != 0 || count * bits / 8 != bytes))
        {
            throw Problem(name, $"{type} ({string.Join(", ", shape)}) needs {count * bits / 8.0} bytes but data_offsets span {bytes}");
        }
    }

    private void CheckLayout()
    {
        var end = 0L;
        var previous = "";
        foreach (var entry in _entries.Values.OrderBy(entry => entry.Start).ThenBy(entry => entry.Bytes))
        {
            if (entry.Start < end) throw Problem(entry.Name, $"overlaps tensor '{previous}'");
            if (entry.Start > end) throw Problem(entry.Name, $"bytes {end} to {entry.Start} before it belong to no tensor");
            end = entry.Start + entry.Bytes;
            previous = entry.Name;
        }

        if (end != _dataLength) throw Problem($"{_dataLength} bytes follow the header but the tensors take {end}");
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType == type) return;
        var expected = type switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list of numbers",
            _ => "a text",
        };
        throw Problem($"{what} must be {expected}");
    }

    private CheckpointException Problem(string problem, Exception? inner = null) => new(_path, problem, inner);

    private CheckpointException Problem(string tensor, string problem) => new(_path, $"tensor '{Short(tensor)}': {problem}");

    /// <summary>A name that leaves room for what is wrong with it.</summary>
    public static string Short(string name) => name.Length <= 120 ? name : $"{name[..120]}…";
}
