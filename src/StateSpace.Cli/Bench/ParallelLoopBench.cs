using StateSpace.Tensors.Cpu;

namespace StateSpace.Cli.Bench;

/// <summary>What a parallel loop costs before it does anything: the least size at which threads pay.</summary>
internal static class ParallelLoopBench
{
    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        foreach (var chunks in new[] { 2, 16, 255 })
        {
            var (ours, peer) = Stopclock.Medians(
                () => CpuTeam.For(chunks, _ => { }),
                () => Parallel.For(0, chunks, _ => { }),
                cancellation);
            yield return new($"empty loop, {chunks} chunks, {CpuTeam.Threads} threads", "time", 1e6 * ours, "µs", 1e6 * peer, peer / ours);
        }
    }
}
