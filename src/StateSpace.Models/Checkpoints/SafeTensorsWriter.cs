using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using StateSpace.Tensors;

namespace StateSpace.Models.Checkpoints;

/// <summary>
/// Writes safetensors files. The same tensors and metadata give the same bytes, in whatever order they come: those that the format's
/// own library gives. The data of each tensor is aligned to its element size, and that of the first to 8 bytes.
/// </summary>
public static class SafeTensorsWriter
{
    private const int Alignment = 8;

    /// <summary>
    /// Writes a file beside <paramref name="path"/>, flushes it to the disk and renames it into place, so that the path holds the old
    /// content or the new one whenever the machine stops.
    /// </summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="tensors">Names and tensors on the CPU.</param>
    /// <param name="metadata">Texts to carry along, or null.</param>
    /// <param name="store">How to write the tensor of a name; null writes each in its own type.</param>
    /// <exception cref="ArgumentException">A name is empty, reserved or occurs twice, or something other than Float32 is to be rounded.</exception>
    /// <exception cref="CheckpointException">The file cannot be written, or a finite value is too large for the type to write it as.</exception>
    public static void Write(
        string path,
        IEnumerable<(string Name, Tensor Value)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        Func<string, StoredType>? store = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = WriteBeside(path, StoredTensor.List(tensors, store), metadata);
        file.Commit();
    }

    /// <summary>Writes the content beside the path; the caller renames it into place.</summary>
    internal static PartialFile WriteBeside(string path, IEnumerable<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        // Larger elements first: each tensor then begins at a multiple of its element size, without gaps.
        var sorted = tensors.OrderBy(tensor => SafeTensorsTypes.Order(tensor.Type)).ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        var header = Header(sorted, metadata);
        return PartialFile.Write(path, header.Length + sorted.Sum(tensor => tensor.Bytes), stream =>
        {
            stream.Write(header.Span);
            foreach (var tensor in sorted) tensor.WriteTo(path, stream);
        });
    }

    /// <summary>Length and JSON, filled up with spaces so that the data begins at a multiple of the alignment.</summary>
    private static ReadOnlyMemory<byte> Header(List<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Advance(Clear(buffer.GetSpan(Alignment)[..Alignment]));
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            var start = 0L;
            foreach (var tensor in tensors)
            {
                WriteEntry(json, tensor, start);
                start += tensor.Bytes;
            }

            json.WriteEndObject();
        }

        var padding = (Alignment - (buffer.WrittenCount % Alignment)) % Alignment;
        buffer.Write("        "u8[..padding]);
        var header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - Alignment);
        return header;

        static int Clear(Span<byte> span)
        {
            span.Clear();
            return span.Length;
        }
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null) return;
        json.WriteStartObject(SafeTensorsHeader.MetadataName);
        foreach (var (key, text) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, text);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, StoredTensor tensor, long start)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type);
        json.WriteStartArray("shape");
        foreach (var size in tensor.Value.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(start);
        json.WriteNumberValue(start + tensor.Bytes);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
