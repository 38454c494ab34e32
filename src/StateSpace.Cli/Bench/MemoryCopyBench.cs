namespace StateSpace.Cli.Bench;

/// <summary>The machine's memory, so that the bytes of a kernel can be turned into a lower bound of its time.</summary>
internal static class MemoryCopyBench
{
    private const int Bytes = 64 << 20;

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        var source = new byte[Bytes];
        var target = new byte[Bytes];
        Array.Fill(source, (byte)1);
        var time = Stopclock.Median(() => source.AsSpan().CopyTo(target), cancellation);
        yield return new("copy of 64 MiB, 1 thread", "read + written", 2 * Bytes / time / 1e9, "GB/s");
    }
}
