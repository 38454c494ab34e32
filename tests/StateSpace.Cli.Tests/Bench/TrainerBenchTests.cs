using StateSpace.Cli.Bench;

namespace StateSpace.Cli.Tests.Bench;

public class TrainerBenchTests
{
    [Fact]
    public void Measures_the_five_shapes_of_tables_1_and_2()
    {
        var timings = TrainerBench.Run(secondsPerCase: 0.02);
        Assert.Equal(
            [
                "trainer real n=1024 t=32",
                "trainer complex n=32 t=32",
                "trainer complex n=64 t=64",
                "trainer complex n=128 t=128",
                "trainer complex n=256 t=256",
            ],
            timings.Select(timing => timing.Case));
        Assert.All(timings, timing => Assert.InRange(timing.BestMicrosecondsPerStep, 0.01, timing.MicrosecondsPerStep));
        Assert.All(timings, timing => Assert.Equal(1e6, timing.StepsPerSecond * timing.MicrosecondsPerStep, 1e-3));
    }
}
