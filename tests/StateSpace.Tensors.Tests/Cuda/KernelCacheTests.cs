using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Tests.Cuda;

public sealed class KernelCacheTests
{
    private static readonly byte[] Image = [.. Enumerable.Range(0, 100).Select(i => (byte)(i * 7))];

    [Fact]
    public void An_entry_gives_its_image_back() => Assert.Equal(Image, KernelCache.Unpack(KernelCache.Pack(Image)));

    [Fact]
    public void An_entry_with_any_byte_changed_is_as_good_as_none()
    {
        for (var i = 0; i < KernelCache.Pack(Image).Length; i++)
        {
            var entry = KernelCache.Pack(Image);
            entry[i] ^= 1;
            Assert.Null(KernelCache.Unpack(entry));
        }
    }

    [Fact]
    public void An_entry_that_was_cut_or_grew_is_as_good_as_none()
    {
        var entry = KernelCache.Pack(Image);
        for (var length = 0; length < entry.Length; length++) Assert.Null(KernelCache.Unpack(entry.AsSpan(0, length)));
        Assert.Null(KernelCache.Unpack([.. entry, 0]));
    }

    [Fact]
    public void The_key_changes_with_source_macros_architecture_and_compiler_but_not_with_the_order_of_macros()
    {
        string Key(string source, string[] macros, string target = "sm_90a", string compiler = "13.0")
        {
            var program = new KernelProgram(source, macros);
            return KernelCompiler.Key(program, KernelCompiler.Options(program, target), compiler);
        }

        var key = Key("Probe", ["ELEMENT=float", "A=1"]);
        Assert.Equal(key, Key("Probe", ["A=1", "ELEMENT=float"]));
        Assert.Equal(64, key.Length);
        string[] others =
        [
            Key("Probe", ["ELEMENT=double", "A=1"]), Key("Probe", ["ELEMENT=float"]), Key("Probe", ["ELEMENT=float", "A=1"], target: "sm_100"),
            Key("Probe", ["ELEMENT=float", "A=1"], compiler: "12.9"),
        ];
        Assert.DoesNotContain(key, others);
        Assert.Equal(others.Length, others.Distinct().Count());
    }
}
