using StateSpace.Training.Checkpointing;

namespace StateSpace.Cli.Bench;

/// <summary>What it costs to make a job's outcome durable, in the folder where temporary files go.</summary>
internal static class JournalBench
{
    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        var line = "{\"job\":\"bench\",\"result\":{\"loss\":0.12345678901234567}}\n"u8.ToArray();
        var folder = Directory.CreateTempSubdirectory("ssm-bench-");
        try
        {
            using var journal = Journal.Create(Path.Combine(folder.FullName, "metrics.jsonl"));
            var time = Stopclock.Median(() => journal.Append(line), cancellation);
            yield return new("append and flush of one line", "time", 1e6 * time, "µs");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
