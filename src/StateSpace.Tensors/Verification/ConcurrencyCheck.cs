using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Verification;

/// <summary>Several threads that compute on one GPU at a time, as a study's jobs do: each gets the bits that it gets alone.</summary>
internal static class ConcurrencyCheck
{
    /// <summary>As <see cref="ConformanceCase.Operation"/>.</summary>
    public const string Name = "Concurrency";

    private const int Threads = 4;
    private const int Rounds = 100;

    /// <summary>Long sums of few results, for which the product is made of parts.</summary>
    private const long Inner = 1 << 15;
    private const long Outer = 48;

    /// <summary>The number of results that differ, over all threads.</summary>
    public static IEnumerable<ConformanceFinding> Run(Device device)
    {
        var alone = Enumerable.Range(0, Threads).Select(thread => Compute(device, thread)).ToArray();
        var together = new float[Threads][];
        var workers = Enumerable.Range(0, Threads).Select(thread => new Thread(() => together[thread] = Compute(device, thread))).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        var different = alone.Zip(together).Sum(pair => pair.First.Zip(pair.Second).Count(values => !values.First.Equals(values.Second)));
        yield return new($"{Name} ({Threads} threads)", DType.Float32, "products, sums and element-wise operations", different, 0.5);
    }

    private static float[] Compute(Device device, int thread)
    {
        using var scope = new TensorScope();
        var random = new RandomSource((ulong)thread);
        Tensor left = Uniform([Inner, Outer]), right = Uniform([Inner, Outer]), sum = Tensor.Zeros([Outer, Outer], DType.Float32, device);
        for (var round = 0; round < Rounds; round++)
        {
            using var inner = new TensorScope();
            sum.AddInPlace((left * (1.0 / (round + 1))).MatMul(right, transposeLeft: true));
        }

        return sum.ToArray<float>();

        Tensor Uniform(Shape shape)
        {
            var values = new float[shape.Count];
            for (var i = 0; i < values.Length; i++) values[i] = (float)(random.NextUniform() - 0.5);
            return Tensor.From<float>(values, shape).To(device);
        }
    }
}
