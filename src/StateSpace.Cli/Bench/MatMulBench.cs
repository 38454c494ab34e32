using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Cli.Bench;

/// <summary>One matrix multiply to time: op(A) is (m, k), op(B) is (k, n).</summary>
internal sealed record MatMulCase(string Name, int M, int N, int K, bool TransposeA = false, bool TransposeB = false, bool DoublePrecision = false)
{
    /// <summary>Floating-point operations of one multiply: a multiplication and an addition per product.</summary>
    public double Flops => 2d * M * N * K;
}

/// <summary>
/// What was measured: billions of operations per second, ours and OpenBLAS's (medians over the groups), the ratio of the two
/// within each pair of groups (median, 10th and 90th percentile), and the largest difference between the two results relative
/// to the largest element. The peer's figures are null when OpenBLAS is not installed.
/// </summary>
internal sealed record MatMulTiming(
    MatMulCase Case, double Gflops, double? PeerGflops, double? Ratio, double? RatioP10, double? RatioP90, double? Difference);

/// <summary>
/// Times the engine's matrix multiply against OpenBLAS on the same data in the same run. Both keep their threads spinning
/// for a while after a call, which would steal a core from the other; so calls alternate in groups, and each group starts with a
/// pause that lets the other's threads fall asleep, followed by untimed calls that wake its own.
/// </summary>
internal static unsafe class MatMulBench
{
    /// <summary>Longer than OpenBLAS's threads spin (2^26 cycles of the time-stamp counter).</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(8);

    private static readonly TimeSpan Timed = TimeSpan.FromMilliseconds(25);

    /// <summary>Squares, and the layers of a 130M Mamba (width 768, inner width 1536, Δ rank 48, 80 = 48 + 2·16 rows of x_proj).</summary>
    public static IReadOnlyList<MatMulCase> DefaultCases { get; } = BuildCases();

    /// <summary>Times every case; <paramref name="groups"/> pairs of groups each.</summary>
    public static IEnumerable<MatMulTiming> Run(IEnumerable<MatMulCase> cases, OpenBlas? peer, int groups)
    {
        foreach (var matMul in cases)
            yield return matMul.DoublePrecision ? Time<double>(matMul, peer, groups) : Time<float>(matMul, peer, groups);
    }

    private static List<MatMulCase> BuildCases()
    {
        var cases = new List<MatMulCase>();
        foreach (var size in new[] { 64, 96, 128, 256, 512, 1024, 2048 }) cases.Add(new($"square {size}", size, size, size));
        foreach (var size in new[] { 512, 1024 })
        {
            cases.Add(new($"square {size} A·Bᵀ", size, size, size, TransposeB: true));
            cases.Add(new($"square {size} Aᵀ·B", size, size, size, TransposeA: true));
        }

        foreach (var tokens in new[] { 1, 4, 8, 16, 32, 64, 128, 512, 2048 })
        {
            cases.Add(new($"in_proj {tokens}", tokens, 3072, 768, TransposeB: true));
            cases.Add(new($"x_proj {tokens}", tokens, 80, 1536, TransposeB: true));
            cases.Add(new($"dt_proj {tokens}", tokens, 1536, 48, TransposeB: true));
            cases.Add(new($"out_proj {tokens}", tokens, 768, 1536, TransposeB: true));
        }

        foreach (var tokens in new[] { 128, 2048 })
        {
            cases.Add(new($"in_proj {tokens} dX", tokens, 768, 3072));
            cases.Add(new($"in_proj {tokens} dW", 3072, 768, tokens, TransposeA: true));
            cases.Add(new($"x_proj {tokens} dX", tokens, 1536, 80));
            cases.Add(new($"x_proj {tokens} dW", 80, 1536, tokens, TransposeA: true));
            cases.Add(new($"dt_proj {tokens} dX", tokens, 48, 1536));
            cases.Add(new($"dt_proj {tokens} dW", 1536, 48, tokens, TransposeA: true));
        }

        foreach (var size in new[] { 128, 512, 1024 }) cases.Add(new($"square {size} double", size, size, size, DoublePrecision: true));
        return cases;
    }

    private static MatMulTiming Time<T>(MatMulCase matMul, OpenBlas? peer, int groups)
        where T : unmanaged, INumber<T>
    {
        var (m, n, k) = (matMul.M, matMul.N, matMul.K);
        var random = new Random(1);
        var a = Fill<T>((long)m * k, random);
        var b = Fill<T>((long)k * n, random);
        var ours = Fill<T>((long)m * n, random);
        var theirs = Fill<T>((long)m * n, random);
        try
        {
            var (lda, ldb) = (matMul.TransposeA ? m : k, matMul.TransposeB ? k : n);
            void Ours() => Gemm.Multiply(matMul.TransposeA, matMul.TransposeB, m, n, k, a, lda, b, ldb, ours, n, accumulate: false);
            void Theirs()
            {
                if (typeof(T) == typeof(float))
                    peer.Multiply(matMul.TransposeA, matMul.TransposeB, m, n, k, (float*)a, lda, (float*)b, ldb, (float*)theirs, n, accumulate: false);
                else
                    peer!.Multiply(matMul.TransposeA, matMul.TransposeB, m, n, k, (double*)a, lda, (double*)b, ldb, (double*)theirs, n, accumulate: false);
            }

            Ours();
            if (peer is not null) Theirs();
            var difference = peer is null ? (double?)null : LargestDifference(ours, theirs, (long)m * n);
            var (times, peerTimes) = (new double[groups], new double[groups]);
            for (var group = 0; group < groups; group++)
            {
                times[group] = TimeGroup(Ours);
                if (peer is not null) peerTimes[group] = TimeGroup(Theirs);
            }

            var ratios = times.Zip(peerTimes, (time, peerTime) => peerTime / time).ToArray();
            var gflops = matMul.Flops * 1e-9 / Quantile(times, 0.5);
            return peer is null
                ? new(matMul, gflops, null, null, null, null, null)
                : new(matMul, gflops, matMul.Flops * 1e-9 / Quantile(peerTimes, 0.5), Quantile(ratios, 0.5), Quantile(ratios, 0.1), Quantile(ratios, 0.9), difference);
        }
        finally
        {
            NativeMemory.AlignedFree(a);
            NativeMemory.AlignedFree(b);
            NativeMemory.AlignedFree(ours);
            NativeMemory.AlignedFree(theirs);
        }
    }

    /// <summary>Median seconds of one call in a group that starts on a quiet machine.</summary>
    private static double TimeGroup(Action call)
    {
        Thread.Sleep(Pause);
        var start = Stopwatch.GetTimestamp();
        do call();
        while (Stopwatch.GetElapsedTime(start) < WarmUp);

        var times = new List<double>();
        start = Stopwatch.GetTimestamp();
        do
        {
            var before = Stopwatch.GetTimestamp();
            call();
            times.Add(Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(start) < Timed);
        return Quantile(times, 0.5);
    }

    private static T* Fill<T>(long count, Random random)
        where T : unmanaged, INumber<T>
    {
        var memory = (T*)NativeMemory.AlignedAlloc(checked((nuint)(count * sizeof(T))), 64);
        for (var i = 0L; i < count; i++) memory[i] = T.CreateChecked(random.NextDouble() - 0.5);
        return memory;
    }

    private static double LargestDifference<T>(T* ours, T* theirs, long count)
        where T : unmanaged, INumber<T>
    {
        var (difference, scale) = (0d, 0d);
        for (var i = 0L; i < count; i++)
        {
            var (x, y) = (double.CreateChecked(ours[i]), double.CreateChecked(theirs[i]));
            difference = Math.Max(difference, double.IsNaN(x) ? double.PositiveInfinity : Math.Abs(x - y));
            scale = Math.Max(scale, Math.Abs(y));
        }

        return difference / scale;
    }

    private static double Quantile(IEnumerable<double> values, double quantile)
    {
        var sorted = values.Order().ToArray();
        var position = quantile * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
