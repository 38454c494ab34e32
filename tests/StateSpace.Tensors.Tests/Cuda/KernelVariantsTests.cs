using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Tests.Cuda;

public sealed class KernelVariantsTests
{
    [Fact]
    public void Every_source_declares_its_variants()
    {
        Assert.Contains("Probe", KernelSource.Names);
        Assert.Contains("common.cuh", KernelSource.Headers);
        Assert.DoesNotContain(KernelSource.Names, name => KernelVariants.Of(name, KernelSource.Text(name + ".cu")).Count == 0);
    }

    [Fact]
    public void No_source_includes_what_only_a_toolkit_has()
    {
        var known = KernelSource.Headers.Select(header => $"#include \"{header}\"").ToHashSet(StringComparer.Ordinal);
        var files = KernelSource.Names.Select(name => name + ".cu").Concat(KernelSource.Headers);
        Assert.Empty(files.SelectMany(file => KernelSource.Text(file).Split('\n')
            .Where(line => line.StartsWith("#include", StringComparison.Ordinal) && !known.Contains(line.Trim()))
            .Select(line => $"{file}: {line}")));
    }

    [Fact]
    public void A_line_is_a_product_and_lines_add_up()
    {
        var programs = KernelVariants.Of("X", "// variants: ELEMENT=float|bf16; STATES=8|16\n// more\n// variants: ELEMENT=double\n#include\n// variants: NOT=1\n");
        Assert.Equal(
            [
                "X.cu with ELEMENT=float, STATES=8", "X.cu with ELEMENT=float, STATES=16", "X.cu with ELEMENT=bf16, STATES=8", "X.cu with ELEMENT=bf16, STATES=16",
                "X.cu with ELEMENT=double",
            ],
            programs.Select(program => program.ToString()));
        Assert.Equal("X.cu", Assert.Single(KernelVariants.Of("X", "// variants:\n")).ToString());
        Assert.Empty(KernelVariants.Of("X", "#include \"common.cuh\"\n"));
    }

    [Fact]
    public void A_line_that_cannot_be_read_is_an_error_that_shows_it() =>
        Assert.Contains("'STATES'", Assert.Throws<CudaException>(() => KernelVariants.Of("X", "// variants: ELEMENT=float; STATES")).Message, StringComparison.Ordinal);
}
