using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>Reads the golden safetensors files, in the place of the reader of StateSpace.Models.Checkpoints.</summary>
internal static class StandInSafetensors
{
    /// <summary>Tensors by name: 8 bytes of header length, the header in JSON, then the bytes that it points into.</summary>
    public static Dictionary<string, Tensor> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var start = 8 + checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        using var header = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
        return header.RootElement.EnumerateObject()
            .Where(entry => entry.Name != "__metadata__")
            .ToDictionary(entry => entry.Name, entry => Tensor(bytes, start, entry.Value), StringComparer.Ordinal);
    }

    private static Tensor Tensor(byte[] bytes, int start, JsonElement entry)
    {
        Shape shape = [.. entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        var (from, to) = (entry.GetProperty("data_offsets")[0].GetInt32(), entry.GetProperty("data_offsets")[1].GetInt32());
        var data = bytes.AsSpan(start + from, to - from);
        return entry.GetProperty("dtype").GetString() switch
        {
            "F32" => Tensors.Tensor.From<float>(MemoryMarshal.Cast<byte, float>(data), shape),
            "F64" => Tensors.Tensor.From<double>(MemoryMarshal.Cast<byte, double>(data), shape),
            "I32" => Tensors.Tensor.From<int>(MemoryMarshal.Cast<byte, int>(data), shape),
            "I64" => Tensors.Tensor.From<long>(MemoryMarshal.Cast<byte, long>(data), shape),
            var type => throw new InvalidDataException($"golden files hold F32, F64, I32 or I64, not {type}"),
        };
    }
}
