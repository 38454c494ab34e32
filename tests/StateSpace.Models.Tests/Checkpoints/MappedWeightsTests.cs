using System.Runtime.InteropServices;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;
using StateSpace.Tensors.Memory;

namespace StateSpace.Models.Tests.Checkpoints;

public sealed class MappedWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TensorScope _scope = new();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(257)]
    [InlineData(65537)]
    public void A_mapped_tensor_has_the_values_of_a_loaded_one_and_takes_no_memory(int length)
    {
        var values = Enumerable.Range(0, length).Select(i => Math.Sin(i + 1)).ToArray();
        using var file = Written(
            ("single", Tensor.From(values).Convert(DType.Float32)),
            ("double", Tensor.From(values)),
            ("int", Tensor.From(values.Select(x => (int)(x * int.MaxValue)).ToArray())),
            ("long", Tensor.From(values.Select(x => (long)(x * long.MaxValue)).ToArray())),
            ("scalar", Tensor.Scalar(0.1, DType.Float64)),
            ("empty", Tensor.Zeros([3, 0, 5])));
        foreach (var entry in file.Entries)
        {
            var loaded = file.Load(entry.Name);
            var (allocations, live) = (MemoryPool.Allocations, MemoryPool.LiveBytes);
            var mapped = file.Map(entry.Name);
            if (entry.Bytes > 0) Assert.Equal((allocations, live), (MemoryPool.Allocations, MemoryPool.LiveBytes));
            Assert.Equal((loaded.DType, loaded.Shape), (mapped.DType, mapped.Shape));
            Assert.Equal(loaded.ToArray<double>(), mapped.ToArray<double>());
            using var raw = file.MapRaw(entry.Name);
            Assert.Equal((entry.Bytes > 0, entry.Bytes, entry.Shape), (raw.IsMapped, raw.Bytes, raw.Shape));
            Assert.Equal(loaded.Count * loaded.DType.Size(), raw.AsSpan<byte>().Length);
        }

        using var bytes = file.MapRaw("double");
        Assert.Equal(values, MemoryMarshal.Cast<byte, double>(bytes.AsSpan<byte>()).ToArray());
    }

    [Fact]
    public void A_mapped_parameter_is_trained_in_private_and_the_file_stays()
    {
        using var file = Written(("w", Tensor.From(1f, 2f, 3f)), ("v", Tensor.From(4f, 5f)));
        var before = File.ReadAllBytes(file.Path);
        var (w, v) = (file.Map("w").WithGradient(), file.Map("v"));
        using (var tape = new StateSpace.Tensors.Autograd.Tape()) tape.Backward((w * w).Sum());
        w.CopyFrom(w - w.Gradient!);
        Assert.Equal([-1f, -2f, -3f], w.ToArray<float>());
        Assert.Equal([4f, 5f], v.ToArray<float>());
        Assert.Equal(before, File.ReadAllBytes(file.Path));
        Assert.Equal([1f, 2f, 3f], file.Load("w").ToArray<float>());
    }

    [Fact]
    public void Results_of_mapped_tensors_never_reuse_the_mapping()
    {
        using var file = Written(("w", Tensor.Ones([1024])));
        var w = file.Map("w");
        for (var i = 0; i < 3; i++)
        {
            file.Map("w").Dispose();
            var other = Tensor.Empty([1024]);
            other.Fill(7);
            Assert.All(w.ToArray<float>(), x => Assert.Equal(1f, x));
        }
    }

    [SkippableFact]
    public void The_mapping_lives_as_long_as_the_last_tensor_in_it_and_no_longer()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "reads /proc/self/maps");
        var file = Written(("w", Tensor.From(1f, 2f, 3f, 4f)));
        Assert.False(IsMapped(file.Path));
        var (w, raw) = (file.Map("w"), file.MapRaw("w"));
        Assert.True(IsMapped(file.Path));
        file.Dispose();
        file.Dispose();
        var half = w.Slice(0, 2, 2);
        w.Dispose();
        Assert.Equal([3f, 4f], half.ToArray<float>());
        half.Dispose();
        Assert.True(IsMapped(file.Path));
        Assert.Equal([1f, 2f, 3f, 4f], raw.AsSpan<float>().ToArray());
        raw.Dispose();
        raw.Dispose();
        Assert.False(IsMapped(file.Path));
        Assert.Throws<ObjectDisposedException>(() => raw.AsSpan<float>().Length);
        Assert.Throws<ObjectDisposedException>(() => file.Map("w"));
    }

    [SkippableFact]
    public void A_mapping_that_nobody_released_is_unmapped_by_the_garbage_collector()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "reads /proc/self/maps");
        var path = _folder.File("w.safetensors");
        SafeTensorsWriter.Write(path, [("w", Tensor.Ones([100]))]);
        MapAndForget(path);
        for (var i = 0; i < 20 && IsMapped(path); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(IsMapped(path));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void MapAndForget(string path)
        {
            // On a thread of its own, so that no scope holds the tensor.
            var thread = new Thread(() =>
            {
                var file = SafeTensorsFile.Open(path);
                if (file.Map("w").GetValue(99) is not 1) throw new InvalidOperationException("wrong value");
            });
            thread.Start();
            thread.Join();
        }
    }

    [Fact]
    public void Data_that_the_file_does_not_align_is_copied()
    {
        // A header of odd length puts the data at an odd byte.
        byte[] data = [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f), 0x80, 0x3F, 7];
        var json = """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"h":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},"b":{"dtype":"U8","shape":[1],"data_offsets":[10,11]}}""";
        if ((json.Length & 1) == 0) json += " ";
        using var file = SafeTensorsFile.Open(_folder.WithHeader(json, data));
        Assert.Equal([1.5f, -2f], file.Map("x").ToArray<float>());
        using var x = file.MapRaw("x");
        using var h = file.MapRaw("h");
        using var b = file.MapRaw("b");
        Assert.Equal((false, false, true), (x.IsMapped, h.IsMapped, b.IsMapped));
        Assert.Equal([1.5f, -2f], x.AsSpan<float>().ToArray());
        Assert.Equal([(ushort)0x3F80], h.AsSpan<ushort>().ToArray());
        Assert.Equal([(byte)7], b.AsSpan<byte>().ToArray());
        Assert.Throws<InvalidOperationException>(() => b.AsSpan<ushort>().Length);
    }

    [Fact]
    public void Types_that_no_tensor_holds_are_mapped_as_bytes_alone()
    {
        var json = """{"f4":{"dtype":"F4","shape":[4],"data_offsets":[0,2]},"h":{"dtype":"F16","shape":[2],"data_offsets":[2,6]},"new":{"dtype":"SOMETHING_NEW","shape":[1],"data_offsets":[6,8]}}""";
        using var file = SafeTensorsFile.Open(_folder.WithHeader(json.PadRight(200), 0, 0, 0, 0x3C, 0, 0xC0, 0, 0));
        Assert.Equal((DType.Float32, (DType?)null), (file["h"].LoadsAs, file["h"].MapsAs));
        Assert.Equal(
            $"{file.Path}: tensor 'h': no tensor holds F16 as it lies in the file; Load widens it to Float32, MapRaw gives its bytes",
            Assert.Throws<CheckpointException>(() => file.Map("h")).Message);
        using var raw = file.MapRaw("h");
        Assert.True(raw.IsMapped);
        Assert.Equal([(Half)1, (Half)(-2)], raw.AsSpan<Half>().ToArray());
        Assert.Contains("tensor 'f4': elements of type F4 are no whole bytes", Assert.Throws<CheckpointException>(() => file.MapRaw("f4")).Message, StringComparison.Ordinal);
        Assert.Contains("'new': elements of type SOMETHING_NEW are not known", Assert.Throws<CheckpointException>(() => file.MapRaw("new")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_cut_off_before_it_is_mapped_is_an_error()
    {
        using var file = Written(("w", Tensor.Ones([100_000])), ("v", Tensor.Ones([2])));
        using (var other = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(4096);
        Assert.Equal($"{file.Path}: tensor 'w': the file was cut off after it was opened", Assert.Throws<CheckpointException>(() => file.Map("w")).Message);
        using (var other = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(0);
        using var again = Written(("w", Tensor.Ones([2])));
        using (var other = new FileStream(again.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) other.SetLength(0);
        Assert.Contains("cannot be mapped", Assert.Throws<CheckpointException>(() => again.Map("w")).Message, StringComparison.Ordinal);
    }

    private static bool IsMapped(string path) => File.ReadAllText("/proc/self/maps").Contains(path, StringComparison.Ordinal);

    private SafeTensorsFile Written(params (string Name, Tensor Value)[] tensors)
    {
        var path = _folder.File("mapped.safetensors");
        SafeTensorsWriter.Write(path, tensors);
        return SafeTensorsFile.Open(path);
    }
}
