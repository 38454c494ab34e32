using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using StateSpace.Models;
using StateSpace.Tensors;

namespace StateSpace.Inference;

/// <summary>Tells models apart: a hash of the configuration and of some values of every parameter. It does not read all weights, which may lie in a mapped file.</summary>
internal static class ModelFingerprint
{
    private const long ValuesPerParameter = 16;

    /// <summary>SHA-256 as four numbers.</summary>
    public static long[] Of(SequenceModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(model.Configuration.ToJson()));
        Span<double> values = stackalloc double[(int)ValuesPerParameter];
        foreach (var parameter in model.Parameters)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(parameter.Name));
            var step = Math.Max(1, parameter.Value.Count / ValuesPerParameter);
            var count = 0;
            for (long i = 0; i < parameter.Value.Count && count < ValuesPerParameter; i += step) values[count++] = parameter.Value.GetValue(i);
            hash.AppendData(MemoryMarshal.AsBytes(values[..count]));
        }

        var bytes = hash.GetHashAndReset();
        return [.. Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8 * i)))];
    }
}
