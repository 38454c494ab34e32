using System.Diagnostics;
using System.Text.Json.Nodes;
using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Studies.Tests.ComplexVersusReal.Trainer;

public class ImpulseFitTests
{
    private static readonly FitSpecification Complex = new(StateField.Complex, 32, 32, TargetMap.Copy, FitOptimizer.Adam, 1e-3, 0.99, 5000, 0);
    private static readonly FitSpecification Real = new(StateField.Real, 1024, 32, TargetMap.Copy, FitOptimizer.Adam, 1e-3, 0, 2000, 0);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Complex_copy_is_learned_in_5000_steps(int seed)
    {
        var record = ImpulseFit.Run(Complex with { Seed = seed }, _ => { }, default);
        Assert.InRange(record.MinLoss, 0, 1e-10);
        Assert.InRange(record.FinalLossDouble, 0, 1e-10);
        Assert.InRange(record.LargestCoefficient, 0, 1);
    }

    [Fact]
    public void Real_copy_is_not_learned()
    {
        var record = ImpulseFit.Run(Real, _ => { }, default);
        Assert.InRange(record.MinLoss, 0.7, 1);
        Assert.InRange(record.FinalLossDouble / record.FinalLoss, 0.999, 1.001);
    }

    [Fact]
    public void Same_run_has_the_same_bits_also_beside_others()
    {
        var runs = new[] { Complex with { Target = TargetMap.Random, N = 31, T = 33 }, Real with { N = 63, T = 31 } };
        foreach (var run in runs)
        {
            var alone = ImpulseFit.Run(run, _ => { }, default).ToJson().ToJsonString();
            var together = new string[4];
            Parallel.For(0, 4, i => together[i] = ImpulseFit.Run(run, _ => { }, default).ToJson().ToJsonString());
            Assert.All(together, text => Assert.Equal(alone, text));
        }
    }

    [Fact]
    public void Record_survives_the_journal_bit_for_bit()
    {
        var record = ImpulseFit.Run(Real with { Steps = 300 }, _ => { }, default);
        var text = record.ToJson().ToJsonString();
        Assert.Equal(text, FitRecord.FromJson(JsonNode.Parse(text)!).ToJson().ToJsonString());
        Assert.Equal(FitRecord.MostEigenvalues, record.EigenvalueRe.Length);
    }

    [Fact]
    public void Cancellation_is_seen_at_the_next_poll_and_polls_are_less_than_a_tenth_of_a_second_apart()
    {
        using var source = new CancellationTokenSource();
        var times = new List<long>();
        Assert.Throws<OperationCanceledException>(() => ImpulseFit.Run(
            new(StateField.Complex, 256, 256, TargetMap.Copy, FitOptimizer.Adam, 1e-5, 0.99, 100_000_000, 0),
            _ =>
            {
                times.Add(Stopwatch.GetTimestamp());
                if (times.Count == 40) source.Cancel();
            },
            source.Token));
        Assert.Equal(40, times.Count);

        // The least: every gap is the same number of steps, and other work on the machine may delay some.
        Assert.InRange(times.Zip(times.Skip(1), (start, end) => Stopwatch.GetElapsedTime(start, end).TotalSeconds).Min(), 0, 0.1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(5000)]
    [InlineData(500_000)]
    public void Loss_is_recorded_from_the_start_to_the_end_at_up_to_81_steps(int steps)
    {
        var points = ImpulseFit.LogarithmicSteps(steps);
        Assert.Equal(0, points[0]);
        Assert.Equal(steps, points[^1]);
        Assert.True(points.Length <= 81);
        Assert.Equal(points.Order().Distinct(), points);
    }

    [Fact]
    public void Least_error_is_the_least_of_the_whole_run()
    {
        var record = ImpulseFit.Run(Complex with { Steps = 500 }, _ => { }, default);
        Assert.True(record.MinLoss <= record.CurveLosses.Min());
        Assert.InRange(record.MinStep, 0, record.Steps);
        Assert.Equal(record.CurveLosses[^1], record.FinalLoss);
        Assert.Equal(record.CurveSteps.Length, record.Metrics().Count);
        Assert.Equal(1, record.CurveLosses[0], 1e-3);
    }
}
