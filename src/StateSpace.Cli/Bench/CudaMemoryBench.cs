using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.AddRmsNorm;
using StateSpace.Tensors.Operations.CausalConvolution;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.Embedding;
using StateSpace.Tensors.Operations.GatedRmsNorm;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// What stands between matrix products and scans in a training step of 129M weights on a GPU, at batch 8 and length 2048: bytes that the
/// operation must move, per second, against a copy of as many bytes in the same run. Work goes round buffers that together exceed the cache, back to
/// back from a graph.
/// </summary>
internal static class CudaMemoryBench
{
    private const long Batch = 8;
    private const long Length = 2048;
    private const long Width = 768;
    private const long Inner = 1536;
    private const long Taps = 4;
    private const long Vocabulary = 50280;
    private const long Weights = 129_000_000;
    private const long Rows = Batch * Length;
    private const long RotatedBytes = 512 << 20;
    private const int Replays = 21;

    public static IEnumerable<BenchRecord> Run(Device device, CancellationToken cancellation)
    {
        Func<Device, Work>[] works = [Convolution, Norm, Gate, Loss, Lookup, Update];
        foreach (var make in works)
        {
            cancellation.ThrowIfCancellationRequested();
            List<BenchRecord> records;
            using (new TensorScope()) records = [.. Measure(device, make(device), make)];
            foreach (var record in records) yield return record;
        }
    }

    private static IEnumerable<BenchRecord> Measure(Device device, Work first, Func<Device, Work> make)
    {
        List<Work> works = [first];
        while (works.Count * Math.Min(first.ForwardBytes, first.BackwardBytes) < RotatedBytes) works.Add(make(device));
        foreach (var work in works) work.Forward();
        yield return Record(device, first.Name, first.Metrics.Forward, [.. works.Select(work => work.Forward)], first.ForwardBytes);
        if (first.Metrics.Backward is { } backward) yield return Record(device, first.Name, backward, [.. works.Select(work => work.Backward)], first.BackwardBytes);
    }

    private static BenchRecord Record(Device device, string name, string metric, Action[] work, long bytes)
    {
        var time = Time(device, work);
        Tensor[] buffers = [.. Enumerable.Range(0, 2 * work.Length).Select(_ => Tensor.Zeros([bytes / 8], DType.Float32, device))];
        var copy = Time(device, [.. Enumerable.Range(0, work.Length).Select(i => (Action)(() => buffers[2 * i].CopyFrom(buffers[(2 * i) + 1])))]);
        foreach (var buffer in buffers) buffer.Dispose();
        return new($"{name}, {time * 1e3:0.0} µs", metric, bytes / time / 1e9, "TB/s", bytes / copy / 1e9, copy / time, copy / time);
    }

    // Milliseconds of one of the works.
    private static double Time(Device device, Action[] work)
    {
        var cuda = CudaDevice.Of(device);
        foreach (var one in work) one();
        using var graph = CudaGraph.Capture(cuda, () =>
        {
            foreach (var one in work) one();
        });
        using CudaEvent start = new(cuda, timing: true), end = new(cuda, timing: true);
        for (var i = 0; i < 3; i++) graph.Launch();
        var times = new double[Replays];
        for (var i = 0; i < times.Length; i++)
        {
            start.Record();
            graph.Launch();
            end.Record();
            times[i] = CudaEvent.Milliseconds(start, end) / work.Length;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    private static Work Convolution(Device device)
    {
        Shape shape = [Batch, Length, Inner];
        Tensor x = Half(shape, device), y = x.EmptyLike(), g = Half(shape, device), dx = x.EmptyLike();
        Tensor weight = Single([Inner, Taps], device), bias = Single([Inner], device), final = Single([Batch, Taps - 1, Inner], device);
        Tensor dweight = weight.EmptyLike(), dbias = bias.EmptyLike();
        var inputs = new ConvolutionTensors(x, weight, bias, null, null, ConvolutionActivation.Silu);
        return new(
            $"causal convolution of 4 and SiLU {shape} bfloat16",
            ("forward", "backward"),
            4 * x.Count,
            6 * x.Count,
            () => CausalConvolutionCuda.Forward(inputs, y, final),
            () => CausalConvolutionCuda.Backward(inputs, g, null, dx, null, dweight, dbias));
    }

    private static Work Norm(Device device)
    {
        Shape shape = [Rows, Width];
        Tensor residual = Single(shape, device), x = Half(shape, device), weight = Single([Width], device), y = x.EmptyLike(), sum = residual.EmptyLike();
        Tensor inverse = Single([Rows], device), g = Half(shape, device), dsum = Single(shape, device), d = sum.EmptyLike(), dx = x.EmptyLike(), dweight = weight.EmptyLike();
        return new(
            $"RMS norm of float32 residual + bfloat16 {shape}",
            ("forward", "backward"),
            12 * x.Count,
            16 * x.Count,
            () => AddRmsNormCuda.Forward(residual, x, weight, 1e-5, y, sum, inverse),
            () => AddRmsNormCuda.Backward(sum, weight, inverse, g, dsum, d, dx, dweight, x.DType));
    }

    private static Work Gate(Device device)
    {
        Shape shape = [Rows, Inner];
        Tensor x = Half(shape, device), z = Half(shape, device), weight = Single([Inner], device), y = x.EmptyLike(), inverse = Single([Rows, 1], device);
        Tensor g = Half(shape, device), dx = x.EmptyLike(), dz = x.EmptyLike(), dweight = weight.EmptyLike();
        return new(
            $"gated RMS norm {shape} bfloat16",
            ("forward", "backward"),
            6 * x.Count,
            10 * x.Count,
            () => GatedRmsNormCuda.Forward(x, z, weight, 1e-5, y, inverse),
            () => GatedRmsNormCuda.Backward(x, z, weight, inverse, g, dx, dz, dweight));
    }

    private static Work Loss(Device device)
    {
        Tensor logits = Half([Rows, Vocabulary], device), targets = Ids(device), statistics = Single([2, Rows], device), dlogits = logits.EmptyLike();
        Tensor mean = Single(Shape.Scalar, device), count = Single(Shape.Scalar, device), gradient = Tensor.Ones(Shape.Scalar, DType.Float32, device);
        return new(
            $"cross-entropy {logits.Shape} bfloat16",
            ("forward", "backward"),
            2 * logits.Count,
            4 * logits.Count,
            () => CrossEntropyCuda.Forward("CrossEntropy", logits, targets, -100, statistics, mean, count),
            () => CrossEntropyCuda.Backward(logits, targets, -100, statistics, gradient, count, dlogits));
    }

    private static Work Lookup(Device device)
    {
        Tensor table = Single([Vocabulary, Width], device), ids = Ids(device), y = Single([Rows, Width], device), dtable = table.EmptyLike();
        return new(
            $"embedding of {Rows} ids {table.Shape} float32",
            ("forward", "backward"),
            8 * y.Count,
            4 * (y.Count + table.Count),
            () => EmbeddingCuda.Forward("Embedding", table, ids, y),
            () => EmbeddingCuda.Backward(ids, y, dtable));
    }

    private static Work Update(Device device)
    {
        var fan = new Fan(1, AxisGrowth.Fixed);
        Parameter[] parameters = [.. Enumerable.Range(0, 4).Select(i => new Parameter($"{i}", Single([Weights / 4 / Width, Width], device), ParameterRole.Matrix(fan, fan, 0)))];
        foreach (var parameter in parameters)
        {
            using var unscoped = TensorScope.Suspend();
            parameter.Value.Gradient = Single(parameter.Value.Shape, device);
        }

        // Lives as long as the process: one of it is made.
        var optimizer = new AdamW(parameters);
        optimizer.ClipAndStep(1e-3, 1);
        var count = parameters.Sum(parameter => parameter.Value.Count);
        return new($"AdamW with clipping of {count / 1e6:0}M float32 weights", ("step", null), 32 * count, 32 * count, () => optimizer.LaunchStep(1), () => { });
    }

    private static Tensor Half(Shape shape, Device device) => Single(shape, device).Convert(DType.BFloat16);

    private static Tensor Single(Shape shape, Device device)
    {
        // A few drawn numbers, repeated: what is timed does not depend on them.
        const long Drawn = 1 << 16;
        var x = Tensor.Empty(shape, DType.Float32, device);
        var numbers = Tensor.Uniform([Drawn], new RandomSource(1), -1, 1).To(device);
        for (long start = 0; start < shape.Count; start += Drawn)
        {
            var count = Math.Min(Drawn, shape.Count - start);
            x.Alias([count], start).CopyFrom(numbers.Alias([count]));
        }

        return x;
    }

    private static Tensor Ids(Device device)
    {
        var random = new RandomSource(2);
        using var draws = Tensor.Uniform([Rows], random, 0, Vocabulary, DType.Float64);
        return draws.Convert(DType.Int32).To(device);
    }

    private sealed record Work(
        string Name, (string Forward, string? Backward) Metrics, long ForwardBytes, long BackwardBytes, Action Forward, Action Backward);
}
