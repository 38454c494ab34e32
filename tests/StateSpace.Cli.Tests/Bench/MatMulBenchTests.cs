using StateSpace.Cli.Bench;

namespace StateSpace.Cli.Tests.Bench;

public sealed class MatMulBenchTests
{
    [Fact]
    public void Without_a_peer_only_our_own_speed_is_reported()
    {
        var timing = Assert.Single(MatMulBench.Run([new MatMulCase("small", 40, 50, 60)], peer: null, groups: 1));
        Assert.True(timing.Gflops > 0);
        Assert.Null(timing.PeerGflops);
        Assert.Null(timing.Ratio);
        Assert.Null(timing.Difference);
    }

    [SkippableTheory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    public void OpenBlas_and_the_engine_agree(bool transposeA, bool transposeB, bool doublePrecision)
    {
        var peer = OpenBlas.TryLoad(out var reason);
        Skip.If(peer is null, reason);
        var matMul = new MatMulCase("agreement", 70, 90, 110, transposeA, transposeB, doublePrecision);
        var timing = Assert.Single(MatMulBench.Run([matMul], peer, groups: 1));
        Assert.InRange(timing.Difference!.Value, 0, doublePrecision ? 1e-14 : 1e-5);
        Assert.True(timing.PeerGflops > 0);
        Assert.True(timing.Ratio > 0);
    }

    [Fact]
    public void The_default_cases_have_names_of_their_own() =>
        Assert.Equal(MatMulBench.DefaultCases.Count, MatMulBench.DefaultCases.Select(matMul => matMul.Name).Distinct(StringComparer.Ordinal).Count());
}
