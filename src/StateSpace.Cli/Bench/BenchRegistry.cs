using StateSpace.Tensors;

namespace StateSpace.Cli.Bench;

/// <summary>The benchmark cases of <c>ssm bench</c>. A new case is a class or method in Bench/ and one line here.</summary>
internal static class BenchRegistry
{
    public static IReadOnlyList<BenchCase> All { get; } =
    [
        new("cpu-team", "Start and join of an empty parallel loop, against Parallel.For", ParallelLoopBench.Run),
        new("attention", "Causal attention with and without a window against the matrix multiply; one query after many keys against a copy; on a GPU against PyTorch", AttentionBench.Run, CudaAttentionBench.Run),
        new("copy", "Memory copy of 64 MiB with one thread, the floor of every streaming kernel", MemoryCopyBench.Run),
        new("lm-loss", "Cross-entropy and embedding at a vocabulary of 50280, forward and backward, against a copy", LanguageLossBench.Run),
        new("matmul", "Matrix multiply against OpenBLAS where it is installed: squares and the shapes of a 130M Mamba", MatMulRecords),
        new("gemv", "One row times the weights of a 130M Mamba in each storage type, against reading as many bytes", GemvBench.Run),
        new("ssd", "State space dual by chunks against its recurrence and against matrix multiply; a decoding step; on a GPU against mamba_ssm", SsdBench.Run, CudaSsdBench.Run),
        new("generate-130m", "Reading a prompt and decoding with a Mamba of the 130M shape in each storage type, against reading its weights; on a GPU against mamba_ssm", GenerateBench.Run, CudaGenerateBench.Run),
        new("tensor", "Element-wise operations, normalizations and sums of 24 MiB tensors, against a copy", TensorBench.Run),
        new("tokenizer", "Text to ids and back: byte pairs and bytes", TokenizerBench.Run),
        new("scan", "Selective scan, forward and backward, real and complex, against the processor's rate of multiply-adds; on a GPU against mamba_ssm", ScanBench.Run, CudaScanBench.Run),
        new("train-step", "A training step of a Mamba language model, 4 layers of 256 channels, and its memory; on a GPU launched and replayed as a graph, also of smaller models", TrainStepBench.Run, CudaTrainStepBench.Run),
        new("study-step", "A training step of one small block, as studies train them, on one thread", StudyStepBench.Run),
        new("train-130m", "A training step of Mamba and Mamba-2 of 129M weights on a GPU, against mamba_ssm on an H100", null, CudaTrainBench.Run),
        new("gpu-memory", "Convolution, norms, loss, embedding and optimizer of a training step of 129M weights on a GPU, against a copy", null, CudaMemoryBench.Run),
        new("trainer", "A step of the impulse-response trainer on one thread", _ => TrainerRecords()),
        new("journal", "A line appended to a journal and flushed to the disk", JournalBench.Run),
    ];

    private static IEnumerable<BenchRecord> MatMulRecords(CancellationToken cancellation)
    {
        var peer = OpenBlas.TryLoad(out _);
        foreach (var timing in MatMulBench.Run(MatMulBench.DefaultCases, peer, groups: 7))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new(timing.Case.Name, "throughput", timing.Gflops, "GFLOP/s", timing.PeerGflops, timing.Ratio);
        }
    }

    private static IEnumerable<BenchRecord> TrainerRecords() =>
        TrainerBench.Run(secondsPerCase: 1).Select(timing => new BenchRecord(timing.Case, "time of a step", timing.MicrosecondsPerStep, "µs"));
}

/// <summary>A case.</summary>
/// <param name="Name">Name on the command line, lower case with hyphens.</param>
/// <param name="Description">What is timed, and against what.</param>
/// <param name="Run">Measures on the CPU; yields its records as they come and polls the token between measurements. Null where there is nothing to measure there.</param>
/// <param name="RunCuda">The same on a GPU.</param>
internal sealed record BenchCase(
    string Name,
    string Description,
    Func<CancellationToken, IEnumerable<BenchRecord>>? Run,
    Func<Device, CancellationToken, IEnumerable<BenchRecord>>? RunCuda = null)
{
    /// <summary>What measures on a device, or null.</summary>
    public Func<CancellationToken, IEnumerable<BenchRecord>>? On(Device device) =>
        device.IsCpu ? Run : RunCuda is { } run ? cancellation => run(device, cancellation) : null;
}

/// <summary>A measurement.</summary>
/// <param name="Case">What exactly was timed: operation, shape, type.</param>
/// <param name="Metric">Quantity, such as "time" or "throughput".</param>
/// <param name="Value">Ours.</param>
/// <param name="Unit">Unit of both values.</param>
/// <param name="Peer">The peer's value, measured in the same run; on a GPU the published kernel's figure, measured earlier on an H100. Null where there is none.</param>
/// <param name="Ratio">How many times better ours is than the peer's, above 1 is better; null where there is no peer.</param>
/// <param name="Floor">Share of what the hardware allows, from 0 to 1; null where no floor is known.</param>
internal sealed record BenchRecord(string Case, string Metric, double Value, string Unit, double? Peer = null, double? Ratio = null, double? Floor = null);
