using System.Runtime.InteropServices;
using System.Text;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Checkpoints;

public sealed class RoundedWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorScope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(StoredType.BrainFloat16)]
    [InlineData(StoredType.Half)]
    public void Every_number_of_the_type_is_kept(StoredType stored)
    {
        var patterns = Enumerable.Range(0, 1 << 16).Select(i => (ushort)i).ToArray();
        var values = patterns.Select(bits => stored == StoredType.Half ? (float)BitConverter.UInt16BitsToHalf(bits) : BitConverter.UInt32BitsToSingle((uint)bits << 16)).ToArray();
        var read = WrittenAndMapped(Tensor.From(values), stored);
        Assert.All(Enumerable.Range(0, values.Length), i =>
        {
            if (float.IsNaN(values[i])) Assert.True((read[i] & 0x7FFF) > (stored == StoredType.Half ? 0x7C00 : 0x7F80));
            else Assert.Equal(patterns[i], read[i]);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(100_003)]
    public void Brain_floats_are_the_nearest_and_ties_are_even(int length)
    {
        var random = new Random(5);
        var values = Enumerable.Range(0, length).Select(i => i switch
        {
            // Exact ties, their neighbours, denormals, and anything finite that does not overflow.
            _ when i % 4 == 0 => BitConverter.UInt32BitsToSingle(((uint)random.Next(0, 0x7F7F) << 16) | 0x8000u),
            _ when i % 4 == 1 => BitConverter.UInt32BitsToSingle((((uint)random.Next(0, 0x7F7F) << 16) | 0x8000u) + (uint)random.Next(-1, 2)),
            _ when i % 4 == 2 => -BitConverter.UInt32BitsToSingle((uint)random.Next(0, 0x80_0000)),
            _ => BitConverter.UInt32BitsToSingle((uint)random.Next(0, 0x7F7F_0000)),
        }).ToArray();
        var read = WrittenAndMapped(Tensor.From(values), StoredType.BrainFloat16);
        for (var i = 0; i < length; i++)
        {
            double value = Math.Abs(values[i]);
            var below = (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16);
            var (down, up) = (value - Wide(below), Wide((ushort)(below + 1)) - value);
            var nearest = down < up || (down == up && below % 2 == 0) ? below : below + 1;
            Assert.Equal(nearest | (float.IsNegative(values[i]) ? 0x8000 : 0), read[i]);
        }

        static double Wide(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }

    [Fact]
    public void Halves_are_the_nearest()
    {
        var random = new Random(6);
        var values = Enumerable.Range(0, 40_000).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-26, 16)))).ToArray();
        Assert.Equal(values.Select(x => BitConverter.HalfToUInt16Bits((Half)x)), WrittenAndMapped(Tensor.From(values), StoredType.Half));
    }

    [Theory]
    [InlineData(StoredType.Half, 65520f, "holds 65520, which F16 cannot hold; write it as BF16 or F32")]
    [InlineData(StoredType.Half, -1e30f, "holds -1E+30, which F16 cannot hold")]
    [InlineData(StoredType.BrainFloat16, 3.4e38f, "holds 3.4E+38, which BF16 cannot hold; write it as F32")]
    public void A_finite_number_that_would_become_infinite_is_refused(StoredType stored, float value, string problem)
    {
        var path = _folder.File("x");
        var message = Assert.Throws<CheckpointException>(() => SafeTensorsWriter.Write(path, [("w", Tensor.From(1f, float.PositiveInfinity, value))], store: _ => stored)).Message;
        Assert.Equal($"{path}: tensor 'w' {problem}", message[..(path.Length + 13 + problem.Length)]);
        Assert.Empty(Directory.GetFiles(_folder.File("")));
    }

    [Fact]
    public void Only_single_precision_is_rounded()
    {
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(_folder.File("x"), [("w", Tensor.From(1.0))], store: _ => StoredType.Half));
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(_folder.File("x"), [("w", Tensor.From(1L))], store: _ => StoredType.BrainFloat16));
        Assert.Empty(Directory.GetFiles(_folder.File("")));
    }

    [Fact]
    public void Types_follow_each_other_by_size_and_data_is_aligned()
    {
        (string Name, Tensor Value)[] tensors = [("h", Tensor.From(1f)), ("b", Tensor.From(1f, 2f, 3f)), ("i", Tensor.From(1)), ("s", Tensor.From(1f)), ("l", Tensor.From(1L)), ("d", Tensor.From(1.0))];
        SafeTensorsWriter.Write(_folder.File("x"), tensors, store: name => name switch { "h" => StoredType.Half, "b" => StoredType.BrainFloat16, _ => StoredType.AsIs });
        var bytes = File.ReadAllBytes(_folder.File("x"));
        var json = Encoding.UTF8.GetString(bytes.AsSpan(8, (int)BitConverter.ToInt64(bytes))).TrimEnd();
        Assert.Equal(
            """{"l":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"d":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},"s":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"i":{"dtype":"I32","shape":[1],"data_offsets":[20,24]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[24,30]},"h":{"dtype":"F16","shape":[1],"data_offsets":[30,32]}}""",
            json);
    }

    private ushort[] WrittenAndMapped(Tensor tensor, StoredType stored)
    {
        SafeTensorsWriter.Write(_folder.File("w.safetensors"), [("w", tensor)], store: _ => stored);
        using var file = SafeTensorsFile.Open(_folder.File("w.safetensors"));
        Assert.Equal((stored == StoredType.Half ? "F16" : "BF16", tensor.Shape), (file["w"].Type, file["w"].Shape));
        using var raw = file.MapRaw("w");
        return MemoryMarshal.Cast<byte, ushort>(raw.AsSpan<byte>()).ToArray();
    }
}
