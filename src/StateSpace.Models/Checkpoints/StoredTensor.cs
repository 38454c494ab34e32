using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using Tensor = StateSpace.Tensors.Tensor;

namespace StateSpace.Models.Checkpoints;

/// <summary>A tensor on its way into a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its values, on any device.</param>
/// <param name="Stored">How they are written.</param>
internal sealed record StoredTensor(string Name, Tensor Value, StoredType Stored)
{
    private const int StagingElements = 1 << 15;

    /// <summary>The file's name of the type.</summary>
    public string Type => Stored switch
    {
        StoredType.BrainFloat16 => SafeTensorsTypes.BrainFloat,
        StoredType.Half => SafeTensorsTypes.Half,
        _ => SafeTensorsTypes.NameOf(Value.DType),
    };

    /// <summary>Bytes in the file.</summary>
    public long Bytes => Value.Count * (Stored == StoredType.AsIs ? Value.DType.Size() : 2);

    /// <summary>Checks names and types, and pairs each tensor with the way it is written.</summary>
    /// <param name="tensors">Names and tensors.</param>
    /// <param name="store">How to write the tensor of a name; null writes each as it is.</param>
    /// <exception cref="ArgumentException">A name is empty, reserved or occurs twice, or something other than Float32 is to be rounded.</exception>
    public static List<StoredTensor> List(IEnumerable<(string Name, Tensor Value)> tensors, Func<string, StoredType>? store)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var list = new List<StoredTensor>();
        foreach (var (name, value) in tensors)
        {
            if (name is "" or SafeTensorsHeader.MetadataName) throw new ArgumentException($"'{name}' cannot be the name of a tensor", nameof(tensors));
            if (!seen.Add(name)) throw new ArgumentException($"tensor '{name}' is given twice", nameof(tensors));
            var stored = store?.Invoke(name) ?? StoredType.AsIs;
            if (stored != StoredType.AsIs && value.DType != DType.Float32)
            {
                throw new ArgumentException($"tensor '{name}' is {value}; only Float32 can be written as {stored}", nameof(store));
            }

            list.Add(new(name, value, stored));
        }

        return list;
    }

    /// <summary>Writes the elements; those on a GPU are copied for as long as that takes.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="stream">Takes them.</param>
    /// <exception cref="CheckpointException">A finite value would become infinite.</exception>
    public void WriteTo(string path, Stream stream)
    {
        if (!Value.Device.IsCpu)
        {
            using var scope = new TensorScope();
            (this with { Value = Value.To(Device.Cpu) }).WriteTo(path, stream);
            return;
        }

        if (Stored == StoredType.AsIs) WriteAsIs(stream);
        else WriteRounded(path, stream);
    }

    private unsafe void WriteAsIs(Stream stream)
    {
        for (long done = 0; done < Bytes; done += 1 << 30) stream.Write(new ReadOnlySpan<byte>(Value.Bytes() + done, (int)Math.Min(Bytes - done, 1 << 30)));
    }

    private unsafe void WriteRounded(string path, Stream stream)
    {
        var staging = ArrayPool<ushort>.Shared.Rent(StagingElements);
        try
        {
            for (long done = 0; done < Value.Count; done += StagingElements)
            {
                var source = new ReadOnlySpan<float>(Value.Pointer<float>() + done, (int)Math.Min(Value.Count - done, StagingElements));
                var target = staging.AsSpan(0, source.Length);
                if (Stored == StoredType.Half) TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<ushort, Half>(target));
                else NarrowBrainFloats(source, target);
                RefuseOverflow(path, source, target);
                stream.Write(MemoryMarshal.AsBytes(target));
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(staging);
        }
    }

    private static unsafe void NarrowBrainFloats(ReadOnlySpan<float> source, Span<ushort> target)
    {
        fixed (float* from = source)
        fixed (ushort* to = target)
        {
            BrainFloats.Narrow(from, source.Length, to);
        }
    }

    private void RefuseOverflow(string path, ReadOnlySpan<float> source, ReadOnlySpan<ushort> target)
    {
        ushort infinity = Stored == StoredType.Half ? (ushort)0x7C00 : (ushort)0x7F80, negative = (ushort)(infinity | 0x8000);
        if (target.IndexOfAny(infinity, negative) < 0) return;
        for (var i = 0; i < source.Length; i++)
        {
            if ((target[i] & 0x7FFF) != infinity || float.IsInfinity(source[i])) continue;
            var wider = Stored == StoredType.Half ? "BF16 or F32" : "F32";
            throw new CheckpointException(path, $"tensor '{Name}' holds {source[i]}, which {Type} cannot hold; write it as {wider}");
        }
    }
}
