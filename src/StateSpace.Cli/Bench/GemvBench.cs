using System.Runtime.Intrinsics;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.PackedMatMul;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// Products of one row with the weights of a 130M Mamba (width 768, inner width 1536, Δ rank 48, vocabulary 50280), in each storage type, beside a plain
/// read of as many bytes by all threads: decoding reads every weight once a token, so memory sets its pace.
/// </summary>
/// <remarks>Both walk through copies that together exceed the caches, as the layers of a model do.</remarks>
internal static unsafe class GemvBench
{
    /// <summary>Bytes that a round walks through, several times a cache of the last level.</summary>
    private const long RoundBytes = 192L << 20;

    private const long ReadBlock = 256 * 1024;

    private static readonly (string Name, long Rows, long Columns)[] Shapes =
        [("in_proj", 3072, 768), ("x_proj", 80, 1536), ("dt_proj", 1536, 48), ("out_proj", 768, 1536), ("head", 50280, 768)];

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var memory = Tensor.Uniform([RoundBytes / sizeof(float)], new RandomSource(1), -1, 1);
        foreach (var storage in Enum.GetValues<WeightStorage>())
        {
            foreach (var (name, rows, columns) in Shapes)
            {
                using var inner = new TensorScope();
                var x = Tensor.Uniform([1, columns], new RandomSource(2), -1, 1);
                var copies = Copies(rows, columns, storage);
                var bytes = (double)copies[0].Bytes * copies.Count;
                var (time, floor) = Stopclock.Medians(
                    () =>
                    {
                        foreach (var copy in copies) PackedMatMul.Apply(x, copy).Dispose();
                    },
                    () => Read(memory, (long)bytes / sizeof(float)),
                    cancellation);
                foreach (var copy in copies) copy.Dispose();
                yield return new($"{name} ({rows}, {columns}) {storage}, 1 row", "weights read", bytes / time / 1e9, "GB/s", bytes / floor / 1e9, floor / time);
            }
        }
    }

    private static List<PackedMatrix> Copies(long rows, long columns, WeightStorage storage)
    {
        List<PackedMatrix> copies = [];
        do
        {
            using var weight = Tensor.Uniform([rows, columns], new RandomSource(3, (ulong)copies.Count), -1, 1);
            copies.Add(PackedMatrix.From(weight, storage));
        }
        while ((copies.Count + 1) * copies[0].Bytes <= RoundBytes);
        return copies;
    }

    /// <summary>Reads as many floats with all threads.</summary>
    public static void Read(Tensor memory, long count) => CpuTeam.ForBlocks(count, ReadBlock / sizeof(float), (start, end) =>
    {
        var source = memory.Pointer<float>();
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (var i = start; i <= end - 32; i += 32)
        {
            s0 += Vector256.Load(source + i);
            s1 += Vector256.Load(source + i + 8);
            s2 += Vector256.Load(source + i + 16);
            s3 += Vector256.Load(source + i + 24);
        }

        // The sum is used, so that the loads are not left out.
        if (float.IsNaN(Vector256.Sum(s0 + s1 + s2 + s3))) throw new InvalidOperationException("the memory holds NaN");
    });
}
