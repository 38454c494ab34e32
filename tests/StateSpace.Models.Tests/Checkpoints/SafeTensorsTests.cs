using System.Runtime.InteropServices;
using System.Text;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Checkpoints;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorScope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(255)]
    [InlineData(65537)]
    public void What_is_written_is_read_back_to_the_bit(int length)
    {
        var values = Enumerable.Range(0, length).Select(i => Math.Sin(i + 1)).ToArray();
        (string Name, Tensor Value)[] written =
        [
            ("single", Tensor.From(values).Convert(DType.Float32)),
            ("double", Tensor.From(values)),
            ("int", Tensor.From(values.Select(x => (int)(x * int.MaxValue)).ToArray())),
            ("long", Tensor.From(values.Select(x => (long)(x * long.MaxValue)).ToArray())),
            ("scalar", Tensor.Scalar(-0.0, DType.Float64)),
            ("empty", Tensor.Zeros([3, 0, 5])),
            ("matrix", Tensor.From(1f, float.NaN, float.NegativeInfinity, float.Epsilon, -0f, 6f).Reshape([3, 2])),
        ];
        var path = _folder.File("folder/all.safetensors");
        SafeTensorsWriter.Write(path, written, new Dictionary<string, string> { ["step"] = "7", ["é\n\"\\"] = "\u2028ü" });
        using var file = SafeTensorsFile.Open(path);
        Assert.Equal(written.Select(entry => entry.Name).Order(StringComparer.Ordinal), file.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.Equal("\u2028ü", file.Metadata["é\n\"\\"]);
        Assert.Equal(2, file.Metadata.Count);
        foreach (var (name, value) in written)
        {
            var read = file.Load(name);
            Assert.Equal((value.DType, value.Shape), (read.DType, read.Shape));
            Assert.Equal(Bits(value), Bits(read));
        }

        var all = file.LoadAll();
        Assert.Equal(Bits(written[1].Value), Bits(all["double"]));
        Assert.Equal(["all.safetensors"], Directory.GetFiles(_folder.File("folder")).Select(Path.GetFileName));
    }

    [Fact]
    public void The_bytes_depend_on_the_tensors_and_not_on_their_order_and_data_is_aligned()
    {
        (string Name, Tensor Value)[] tensors = [("b", Tensor.From(1f, 2f, 3f)), ("c", Tensor.From(4.0)), ("a", Tensor.From(5)), ("d", Tensor.From(6L))];
        var (first, second) = (_folder.File("first"), _folder.File("second"));
        SafeTensorsWriter.Write(first, tensors, new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        SafeTensorsWriter.Write(second, tensors.Reverse(), new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" });
        var bytes = File.ReadAllBytes(first);
        Assert.Equal(bytes, File.ReadAllBytes(second));
        var dataStart = 8 + BitConverter.ToInt64(bytes);
        Assert.Equal(0, dataStart % 8);
        Assert.Equal(bytes.Length, dataStart + 12 + 8 + 4 + 8);
        using var file = SafeTensorsFile.Open(first);
        Assert.Equal(["d", "c", "b", "a"], file.Entries.Select(entry => entry.Name));
        Assert.All(file.Entries, entry => Assert.Equal(0, entry.Start % entry.LoadsAs!.Value.Size()));
        Assert.Equal(
            """{"__metadata__":{"x":"1","y":"2"},"d":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"c":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},"b":{"dtype":"F32","shape":[3],"data_offsets":[16,28]},"a":{"dtype":"I32","shape":[1],"data_offsets":[28,32]}}""",
            Encoding.UTF8.GetString(bytes[8..(int)dataStart]).TrimEnd(' '));
    }

    [Fact]
    public void Every_half_and_brain_float_becomes_the_float_it_stands_for()
    {
        var patterns = Enumerable.Range(0, 1 << 16).Select(i => (ushort)i).ToArray();
        var bytes = MemoryMarshal.AsBytes<ushort>(patterns).ToArray();
        var json = """{"half":{"dtype":"F16","shape":[256,256],"data_offsets":[0,131072]},"odd":{"dtype":"BF16","shape":[3],"data_offsets":[131072,131078]},"brain":{"dtype":"BF16","shape":[65536],"data_offsets":[131078,262150]}}""";
        using var file = SafeTensorsFile.Open(_folder.WithHeader(json, [.. bytes, 0x80, 0x3F, 0x00, 0xC0, 0x49, 0x40, .. bytes]));
        Assert.Equal(DType.Float32, file["half"].LoadsAs);
        var half = file.Load("half");
        Assert.Equal(Shape.Create([256, 256]), half.Shape);
        Assert.Equal(patterns.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits)), half.ToArray<float>());
        Assert.Equal(patterns.Select(bits => (uint)bits << 16), file.Load("brain").ToArray<float>().Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal([1f, -2f, 3.140625f], file.Load("odd").ToArray<float>());
    }

    [Theory]
    [InlineData("U8", 4)]
    [InlineData("BOOL", 4)]
    [InlineData("F8_E4M3", 4)]
    [InlineData("F4", 2)]
    [InlineData("C64", 32)]
    [InlineData("SOMETHING_NEW", 5)]
    public void Other_types_are_listed_and_refused_with_what_can_be_loaded(string type, int bytes)
    {
        var path = _folder.WithHeader($$$"""{"x":{"dtype":"{{{type}}}","shape":[4],"data_offsets":[0,{{{bytes}}}]}}""", new byte[bytes]);
        using var file = SafeTensorsFile.Open(path);
        Assert.Equal((type, Shape.Create([4]), (long)bytes), (file["x"].Type, file["x"].Shape, file["x"].Bytes));
        Assert.Null(file["x"].LoadsAs);
        var message = Assert.Throws<CheckpointException>(() => file.Load("x")).Message;
        Assert.Equal($"{path}: tensor 'x': elements of type {type} cannot be loaded; F64, F32, BF16, F16, I64 and I32 can", message);
    }

    [Fact]
    public void A_tensor_is_read_into_one_of_its_shape_and_type_alone()
    {
        var path = _folder.File("x");
        SafeTensorsWriter.Write(path, [("x", Tensor.From(1f, 2f))]);
        using var file = SafeTensorsFile.Open(path);
        var target = Tensor.Zeros([2]);
        file.CopyTo("x", target);
        Assert.Equal([1f, 2f], target.ToArray<float>());
        Assert.Contains("(2, 1)", Assert.Throws<CheckpointException>(() => file.CopyTo("x", Tensor.Zeros([2, 1]))).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => file.CopyTo("x", Tensor.Zeros([2], DType.Float64)));
        Assert.Equal($"{path}: has no tensor 'y'", Assert.Throws<CheckpointException>(() => file.Load("y")).Message);
    }

    [Fact]
    public void Writing_replaces_a_file_that_is_being_read()
    {
        var path = _folder.File("x");
        SafeTensorsWriter.Write(path, [("x", Tensor.From(1f, 2f))]);
        using var old = SafeTensorsFile.Open(path);
        SafeTensorsWriter.Write(path, [("x", Tensor.From(3f, 4f, 5f))]);
        using var current = SafeTensorsFile.Open(path);
        Assert.Equal([1f, 2f], old.Load("x").ToArray<float>());
        Assert.Equal([3f, 4f, 5f], current.Load("x").ToArray<float>());
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_beside_it()
    {
        var path = _folder.File("x");
        SafeTensorsWriter.Write(path, [("x", Tensor.From(1f))]);
        var released = Tensor.From(2f);
        released.Dispose();
        Assert.Throws<ObjectDisposedException>(() => SafeTensorsWriter.Write(path, [("x", released)]));
        using (var file = SafeTensorsFile.Open(path)) Assert.Equal(1, file.Load("x").Item());
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        Directory.CreateDirectory(_folder.File("taken"));
        Assert.Contains("cannot be written", Assert.Throws<CheckpointException>(() => SafeTensorsWriter.Write(_folder.File("taken"), [])).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("taken.partial")));
    }

    [Fact]
    public void Names_are_given_once_and_are_not_reserved()
    {
        var tensor = Tensor.From(1f);
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(_folder.File("x"), [("a", tensor), ("a", tensor)]));
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(_folder.File("x"), [("", tensor)]));
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(_folder.File("x"), [("__metadata__", tensor)]));
        Assert.False(File.Exists(_folder.File("x")));
    }

    [Fact]
    public void A_file_without_tensors_is_a_file()
    {
        SafeTensorsWriter.Write(_folder.File("x"), []);
        using var file = SafeTensorsFile.Open(_folder.File("x"));
        Assert.Empty(file.Entries);
        Assert.Empty(file.Metadata);
    }

    private static byte[] Bits(Tensor tensor) => tensor.DType switch
    {
        DType.Float32 => MemoryMarshal.AsBytes(tensor.Span<float>()).ToArray(),
        DType.Float64 => MemoryMarshal.AsBytes(tensor.Span<double>()).ToArray(),
        DType.Int32 => MemoryMarshal.AsBytes(tensor.Span<int>()).ToArray(),
        _ => MemoryMarshal.AsBytes(tensor.Span<long>()).ToArray(),
    };
}
