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
    private const string PartialSuffix = ".partial";

    /// <summary>
    /// Writes a file beside <paramref name="path"/>, flushes it to the disk and renames it into place, so that the path holds the old
    /// content or the new one whenever the machine stops.
    /// </summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="tensors">Names and tensors on the CPU.</param>
    /// <param name="metadata">Texts to carry along, or null.</param>
    /// <exception cref="ArgumentException">A name is empty, reserved or occurs twice.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // Larger elements first: each tensor then begins at a multiple of its element size, without gaps.
        var sorted = tensors.OrderBy(entry => SafeTensorsTypes.Order(entry.Value.DType)).ThenBy(entry => entry.Name, StringComparer.Ordinal).ToList();
        CheckNames(sorted);
        var header = Header(sorted, metadata);
        var partial = path + PartialSuffix;
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            WriteContent(partial, header, sorted);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception error)
        {
            DeleteIfThere(partial);
            if (error is IOException or UnauthorizedAccessException) throw new CheckpointException(path, $"cannot be written: {error.Message}", error);
            throw;
        }
    }

    private static void CheckNames(List<(string Name, Tensor Value)> tensors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in tensors)
        {
            if (name is "" or SafeTensorsHeader.MetadataName) throw new ArgumentException($"'{name}' cannot be the name of a tensor", nameof(tensors));
            if (!seen.Add(name)) throw new ArgumentException($"tensor '{name}' is given twice", nameof(tensors));
            if (value.Device.Kind != DeviceKind.Cpu) throw new MissingKernelException(nameof(SafeTensorsWriter), value.Device.Kind);
        }
    }

    /// <summary>Length and JSON, filled up with spaces so that the data begins at a multiple of the alignment.</summary>
    private static ReadOnlyMemory<byte> Header(List<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Advance(Clear(buffer.GetSpan(Alignment)[..Alignment]));
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            var start = 0L;
            foreach (var (name, value) in tensors)
            {
                var end = start + (value.Count * value.DType.Size());
                WriteEntry(json, name, value, start, end);
                start = end;
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

    private static void WriteEntry(Utf8JsonWriter json, string name, Tensor value, long start, long end)
    {
        json.WriteStartObject(name);
        json.WriteString("dtype", SafeTensorsTypes.NameOf(value.DType));
        json.WriteStartArray("shape");
        foreach (var size in value.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(start);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static unsafe void WriteContent(string path, ReadOnlyMemory<byte> header, List<(string Name, Tensor Value)> tensors)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,

            // A disk that is too full says so before the work, where the file system can tell.
            PreallocationSize = header.Length + tensors.Sum(entry => entry.Value.Count * entry.Value.DType.Size()),
        };
        using var stream = new FileStream(path, options);
        stream.Write(header.Span);
        foreach (var (_, value) in tensors)
        {
            var bytes = value.Count * value.DType.Size();
            for (long done = 0; done < bytes; done += 1 << 30)
            {
                stream.Write(new ReadOnlySpan<byte>(value.Bytes() + done, (int)Math.Min(bytes - done, 1 << 30)));
            }
        }

        stream.Flush(flushToDisk: true);
    }

    private static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is reported is why the write failed, not that its rest could not be removed.
        }
    }
}
