using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Checkpoints;

public sealed class HostileSafeTensorsTests : IDisposable
{
    private const string Sound =
        """{"__metadata__":{"format":"pt","step":"12"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[5],"data_offsets":[24,34]},"c":{"dtype":"I64","shape":[],"data_offsets":[34,42]}}""";

    private static readonly string[] HostileTexts =
        ["-1", "0", "1", "8", "2147483648", "4611686018427387904", "9223372036854775807", "9223372036854775808", "1e400", "1.5", "null", "[]", "{}", "\"F64\"", "\"\\ud800\"", "\\", "\"", "]", "}", ",", "a", "\0", "😀"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "the header must be an object")]
    [InlineData("7", "the header must be an object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}{}", "not valid JSON")]
    [InlineData("{}\0\0", "not valid JSON")]
    [InlineData("{'x':1}", "not valid JSON")]
    [InlineData("""{"x":1}""", "tensor 'x' must be an object")]
    [InlineData("""{"x":{}}""", "tensor 'x': dtype is missing")]
    [InlineData("""{"x":{"dtype":"F32"}}""", "tensor 'x': shape is missing")]
    [InlineData("""{"x":{"dtype":"F32","shape":[]}}""", "tensor 'x': data_offsets must be two numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[],"data_offsets":[0]}}""", "tensor 'x': data_offsets must be two numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[],"data_offsets":[0,4,4]}}""", "tensor 'x': data_offsets has more than 2 numbers")]
    [InlineData("""{"x":{"dtype":32,"shape":[],"data_offsets":[0,4]}}""", "tensor 'x': dtype must be a text")]
    [InlineData("""{"x":{"dtype":"F32","shape":4,"data_offsets":[0,4]}}""", "tensor 'x': shape must be a list of numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", "tensor 'x': shape must hold whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "tensor 'x': shape must hold whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", "tensor 'x': shape must hold whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[18446744073709551617],"data_offsets":[0,4]}}""", "tensor 'x': shape must hold whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4294967296,4294967297],"data_offsets":[0,4]}}""", "tensor 'x': shape (4294967296, 4294967297) has too many elements")]
    [InlineData("""{"x":{"dtype":"F32","shape":[0,9223372036854775807,9],"data_offsets":[0,0]}}""", "too many elements")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor 'x': F32 (2) needs 8 bytes but data_offsets span 4")]
    [InlineData("""{"x":{"dtype":"F4","shape":[3],"data_offsets":[0,4]}}""", "tensor 'x': F4 (3) needs 1.5 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "tensor 'x': data_offsets [4, 0] do not lie within")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "tensor 'x': data_offsets [0, 8] do not lie within the 4 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "4 bytes follow the header but the tensors take 0")]
    [InlineData("""{"x":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "tensor 'x': bytes 0 to 2 before it belong to no tensor")]
    [InlineData("""{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "tensor 'y': overlaps tensor 'x'")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "tensor 'x': occurs twice")]
    [InlineData("""{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "tensor 'x': dtype occurs twice")]
    [InlineData("""{"__metadata__":[]}""", "__metadata__ must be an object")]
    [InlineData("""{"__metadata__":{"a":1}}""", "__metadata__ 'a' must be a text")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "__metadata__ 'a' occurs twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "__metadata__ occurs twice")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "not valid JSON")]
    [InlineData("""{"a\nb":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "tensor 'a?b'")]
    public void A_bad_header_is_refused_in_a_line_that_names_file_and_fault(string json, string problem) =>
        AssertRefused(_folder.WithHeader(json, 1, 2, 3, 4), problem);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_shorter_than_the_length_of_a_header_is_refused(int length) =>
        AssertRefused(_folder.WithBytes(new byte[length]), $"has {length} bytes");

    [Theory]
    [InlineData(3L)]
    [InlineData(100_000_001L)]
    [InlineData(long.MaxValue)]
    [InlineData(-1L)]
    public void A_header_said_to_be_longer_than_the_file_is_refused(long stated)
    {
        var bytes = TemporaryFolder.Bytes("{}");
        BinaryPrimitives.WriteInt64LittleEndian(bytes, stated);
        AssertRefused(_folder.WithBytes(bytes), "but only 2 follow");
    }

    [Fact]
    public void A_header_above_the_formats_limit_is_refused_without_being_read()
    {
        var path = _folder.WithBytes(TemporaryFolder.Bytes("{}"));
        using (var file = File.OpenWrite(path))
        {
            file.Write(BitConverter.GetBytes(100_000_001L));
            file.SetLength(100_000_100);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(path, "the format allows 100000000");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Nesting_without_end_is_refused() =>
        AssertRefused(_folder.WithHeader("""{"x":{"extra":""" + new string('[', 1_000_000)), "not valid JSON");

    [Fact]
    public void An_endless_shape_and_an_endless_name_are_refused_in_a_short_line()
    {
        var ones = string.Join(',', Enumerable.Repeat("1", 1_000_000));
        AssertRefused(_folder.WithHeader($$$"""{"x":{"dtype":"F32","shape":[{{{ones}}}],"data_offsets":[0,4]}}"""), "shape has more than 64 numbers");
        AssertRefused(_folder.WithHeader($$$"""{"{{{new string('n', 1_000_000)}}}":{"dtype":"F32","shape":[]}}"""), "data_offsets must be two numbers");
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        AssertRefused(_folder.File("missing"), "cannot be read");
        AssertRefused(Path.GetDirectoryName(_folder.File("x"))!, "cannot be read");
    }

    [Fact]
    public void A_file_that_is_cut_off_while_it_is_open_is_an_error_and_no_crash()
    {
        var path = _folder.WithHeader("""{"x":{"dtype":"F32","shape":[65536],"data_offsets":[0,262144]}}""", new byte[262144]);
        using var file = SafeTensorsFile.Open(path);
        using (var other = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(1000);
        var message = Assert.Throws<CheckpointException>(() => file.Load("x")).Message;
        Assert.Equal($"{path}: tensor 'x': the file was cut off after it was opened", message);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var bytes = SoundBytes();
        for (var length = 0; length < bytes.Length; length++) AssertRefused(_folder.WithBytes(bytes[..length]), "");
        using var whole = SafeTensorsFile.Open(_folder.WithBytes(bytes));
        Assert.Equal(3, whole.Entries.Count);
    }

    [Fact]
    public void Any_bytes_changed_inserted_or_removed_are_read_or_refused_in_one_line()
    {
        var edit = from position in Gen.Choose(0, 10_000)
                   from kind in Gen.Choose(0, 2)
                   from value in Gen.Choose(0, 255)
                   select (position, kind, value);
        Check(edit, edits =>
        {
            var bytes = SoundBytes().ToList();
            foreach (var (position, kind, value) in edits)
            {
                var at = position % bytes.Count;
                if (kind == 0) bytes[at] = (byte)value;
                else if (kind == 1) bytes.Insert(at, (byte)value);
                else if (bytes.Count > 1) bytes.RemoveAt(at);
            }

            return [.. bytes];
        });
    }

    [Fact]
    public void Any_header_with_hostile_words_is_read_or_refused_in_one_line()
    {
        // The stated length stays right, so that what is wrong lies in the JSON.
        var edit = from position in Gen.Choose(0, Sound.Length)
                   from removed in Gen.Choose(0, 5)
                   from text in Gen.Elements(HostileTexts)
                   select (position, removed, text);
        Check(edit, edits =>
        {
            var json = Sound;
            foreach (var (position, removed, text) in edits)
            {
                var at = position % (json.Length + 1);
                json = json[..at] + text + json[Math.Min(json.Length, at + removed)..];
            }

            return TemporaryFolder.Bytes(json, new byte[42]);
        });
    }

    private static byte[] SoundBytes() => TemporaryFolder.Bytes(Sound, [.. Enumerable.Range(0, 42).Select(i => (byte)i)]);

    private static void AssertOneLine(string path, string message)
    {
        Assert.StartsWith($"{path}: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.InRange(message.Length, 1, path.Length + 320);
    }

    private static void AssertRefused(string path, string problem)
    {
        var message = Assert.Throws<CheckpointException>(() => SafeTensorsFile.Open(path)).Message;
        AssertOneLine(path, message);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    private void Check<T>(Gen<T> edit, Func<IEnumerable<T>, byte[]> apply)
    {
        // A fixed seed: the same files on every machine.
        var config = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20_240_607, 1);
        var edits = from count in Gen.Choose(1, 4)
                    from list in Gen.ArrayOf(edit, count)
                    select list;
        Prop.ForAll(edits.ToArbitrary(), value => ReadOrRefuse(apply(value))).Check(config);
    }

    /// <summary>Whatever else is thrown fails the test; so does a tensor or an allocation out of proportion to the file.</summary>
    private void ReadOrRefuse(byte[] content)
    {
        var path = _folder.WithBytes(content);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var scope = new TensorScope();
        try
        {
            using var file = SafeTensorsFile.Open(path);
            foreach (var entry in file.Entries.Where(entry => entry.LoadsAs is not null))
            {
                var tensor = file.Load(entry.Name);
                Assert.InRange(tensor.Count * tensor.DType.Size(), 0, 2 * content.Length);
                if (entry.MapsAs is not null) Assert.Equal(tensor.ToArray<double>(), file.Map(entry.Name).ToArray<double>());
                using var raw = file.MapRaw(entry.Name);
                Assert.Equal(entry.Bytes, raw.AsSpan<byte>().Length);
            }
        }
        catch (CheckpointException error)
        {
            AssertOneLine(path, error.Message);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
