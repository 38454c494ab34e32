using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>Every operation's kernels against its reference, on every device of this machine.</summary>
public sealed class ConformanceTests
{
    public ConformanceTests() => MemoryPool.Poison = true;

    public static TheoryData<string> Cases => [.. ConformanceCases.All.Select(@case => @case.ToString())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Kernels_equal_their_reference(string name)
    {
        var @case = ConformanceCases.All.Single(candidate => candidate.ToString() == name);
        var findings = new[] { DType.Float64, DType.Float32 }.SelectMany(dtype => ConformanceRunner.Run(@case, dtype)).ToList();
        Assert.DoesNotContain(findings, finding => !finding.Holds);
    }

    [Fact]
    public void An_index_out_of_range_is_named_and_harms_nothing() =>
        Assert.DoesNotContain(BadIndexCheck.Run(Device.Cpu), finding => !finding.Holds);

    [Fact]
    public void Case_names_are_unique()
    {
        var names = ConformanceCases.All.Select(@case => @case.ToString()).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }
}
