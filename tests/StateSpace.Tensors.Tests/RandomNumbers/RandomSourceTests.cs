using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Tests.RandomNumbers;

public sealed class RandomSourceTests
{
    private static readonly int[] Lengths = [0, 1, 2, 3, 15, 16, 17, 63, 65, 255, 257];

    [Fact]
    public void Pieces_at_any_border_give_the_bits_of_the_whole()
    {
        const int N = 300;
        var whole = Draw(new(5, 9, 3), N);
        foreach (var cut in Lengths)
        {
            var source = new RandomSource(5, 9, 3);
            var head = Draw(source, cut);
            source.Position = 3 + (ulong)cut;
            var tail = Draw(source, N - cut);
            Assert.Equal(whole.UniformSingle, head.UniformSingle.Concat(tail.UniformSingle));
            Assert.Equal(whole.UniformDouble, head.UniformDouble.Concat(tail.UniformDouble));
            Assert.Equal(whole.NormalSingle, head.NormalSingle.Concat(tail.NormalSingle));
            Assert.Equal(whole.NormalDouble, head.NormalDouble.Concat(tail.NormalDouble));
            Assert.Equal(whole.Integers, head.Integers.Concat(tail.Integers));
        }
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        var before = CpuTeam.Threads;
        try
        {
            CpuTeam.Threads = 1;
            var alone = Draw(new(1, 2, 5), 70_001);
            CpuTeam.Threads = 3;
            var together = Draw(new(1, 2, 5), 70_001);
            Assert.Equal(alone.UniformSingle, together.UniformSingle);
            Assert.Equal(alone.UniformDouble, together.UniformDouble);
            Assert.Equal(alone.NormalSingle, together.NormalSingle);
            Assert.Equal(alone.NormalDouble, together.NormalDouble);
        }
        finally
        {
            CpuTeam.Threads = before;
        }
    }

    [Fact]
    public void Fills_of_every_length_touch_nothing_beyond_their_end()
    {
        foreach (var n in Lengths)
        {
            var single = Enumerable.Repeat(float.NaN, n + 32).ToArray();
            var wide = Enumerable.Repeat(double.NaN, n + 32).ToArray();
            var source = new RandomSource(3, 0, 11);
            source.FillNormal(single.AsSpan(0, n));
            source.FillNormal(wide.AsSpan(0, n));
            Assert.Equal(11 + (2 * (ulong)n), source.Position);
            Assert.All(single[..n], value => Assert.True(float.IsFinite(value)));
            Assert.All(wide[..n], value => Assert.True(double.IsFinite(value)));
            Assert.All(single[n..], value => Assert.True(float.IsNaN(value)));
            Assert.All(wide[n..], value => Assert.True(double.IsNaN(value)));
        }
    }

    [Fact]
    public void Fills_are_the_documented_function_of_the_bits()
    {
        var drawn = Draw(new(7, 8, 9), 100);
        for (var i = 0; i < 100; i++)
        {
            var bits = new RandomSource(7, 8, 9 + (ulong)i).NextBits();
            Assert.Equal((bits >> 40) / 16777216f, drawn.UniformSingle[i]);
            Assert.Equal((bits >> 12) / 4503599627370496.0, drawn.UniformDouble[i]);
            var z = Math.Sqrt(-2 * Math.Log(((bits >> 32) + 0.5) / 4294967296.0)) * Math.Cos((int)(uint)bits * Math.PI / 2147483648.0);
            Assert.Equal(z, drawn.NormalDouble[i], 1e-14);
            Assert.Equal((float)z, drawn.NormalSingle[i], 3e-6f);
            Assert.Equal(drawn.UniformDouble[i], new RandomSource(7, 8, 9 + (ulong)i).NextUniform());
            Assert.Equal(drawn.NormalDouble[i], new RandomSource(7, 8, 9 + (ulong)i).NextNormal());
        }
    }

    // Recorded once; AVX-512, AVX2 and other devices have to give the same.
    [Fact]
    public void Bits_are_the_same_on_every_instruction_set()
    {
        var sum = 14695981039346656037UL;
        var drawn = Draw(new(11, 12, 13), 5000);
        foreach (var value in drawn.UniformSingle.Concat(drawn.NormalSingle)) sum = (sum ^ BitConverter.SingleToUInt32Bits(value)) * 1099511628211UL;
        foreach (var value in drawn.UniformDouble.Concat(drawn.NormalDouble)) sum = (sum ^ BitConverter.DoubleToUInt64Bits(value)) * 1099511628211UL;
        Assert.Equal(3988145366910489243UL, sum);
    }

    [Fact]
    public void Uniform_numbers_have_the_moments_and_the_spread_of_the_distribution()
    {
        const int N = 300_000;
        var drawn = Draw(new(2024), N);
        double[] single = Array.ConvertAll(drawn.UniformSingle, value => (double)value);
        foreach (var u in new[] { single, drawn.UniformDouble })
        {
            Assert.True(u.All(value => value is >= 0 and <= 1 - 5.9e-8));
            // Five standard errors: 1/√(12 N), 1/√(180 N).
            Assert.Equal(0.5, u.Average(), 0.0027);
            Assert.Equal(1 / 12.0, u.Average(value => (value - 0.5) * (value - 0.5)), 0.0007);
            var counts = new int[100];
            foreach (var value in u) counts[(int)(value * 100)]++;
            Assert.InRange(counts.Sum(count => (count - 3_000.0) * (count - 3_000.0) / 3_000.0), 45, 180);
            Assert.InRange(Correlation(u, 1), -0.0092, 0.0092);
            Assert.InRange(Correlation(u, 8), -0.0092, 0.0092);
        }
    }

    [Fact]
    public void Normal_numbers_have_the_moments_and_tails_of_the_distribution()
    {
        const int N = 300_000;
        var drawn = Draw(new(77), N);
        double[] single = Array.ConvertAll(drawn.NormalSingle, value => (double)value);
        foreach (var z in new[] { single, drawn.NormalDouble })
        {
            // Five standard errors: the variances of z … z⁴ are 1, 2, 15, 96.
            Assert.Equal(0, z.Average(), 0.0092);
            Assert.Equal(1, z.Average(value => value * value), 0.013);
            Assert.Equal(0, z.Average(value => value * value * value), 0.036);
            Assert.Equal(3, z.Average(value => value * value * value * value), 0.09);
            Assert.Equal(0.0455003, z.Count(value => Math.Abs(value) > 2) / (double)N, 0.0019);
            Assert.Equal(6.334e-5, z.Count(value => Math.Abs(value) > 4) / (double)N, 6.2e-5);
            Assert.InRange(Correlation(z, 1), -0.0092, 0.0092);
        }
    }

    [Fact]
    public void Shift_and_scale_are_applied()
    {
        var standard = Draw(new(4), 1000);
        var z = new float[1000];
        new RandomSource(4).FillNormal(z, 3, 0.5f);
        for (var i = 0; i < z.Length; i++) Assert.Equal(3 + (0.5f * standard.NormalSingle[i]), z[i], 1e-6f);
        var u = new double[1000];
        new RandomSource(4).FillUniform(u, -2, 4);
        for (var i = 0; i < u.Length; i++) Assert.Equal(-2 + (6 * standard.UniformDouble[i]), u[i], 1e-14);
    }

    [Fact]
    public void Integers_are_even_over_small_ranges_and_unbiased_over_huge_ones()
    {
        var source = new RandomSource(31);
        var values = new int[60_000];
        source.FillIntegers(values, 6);
        Assert.All(values.GroupBy(value => value), group => Assert.InRange(group.Count(), 9_500, 10_500));
        Assert.Equal(6, values.Distinct().Count());

        // 2^64 / (3·2^61) = 8/3: without rejection a number ≡ 2 (mod 3) would come from two words, the others from three.
        const long Huge = 3L << 61;
        var rare = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var value = source.NextInteger(Huge);
            Assert.InRange(value, 0, Huge - 1);
            if (value % 3 == 2) rare++;
        }

        Assert.InRange(rare / 20_000.0, 0.3333 - 0.017, 0.3333 + 0.017);
    }

    [Theory]
    [InlineData(6L)]
    [InlineData(1L)]
    [InlineData(3L << 61)]
    public void Integers_that_fill_are_those_that_are_drawn_one_by_one(long exclusive)
    {
        foreach (var length in Lengths)
        {
            RandomSource one = new(7, 3, 5), many = new(7, 3, 5);
            var wide = new long[length];
            many.FillIntegers(wide, exclusive);
            Assert.Equal(Enumerable.Range(0, length).Select(_ => one.NextInteger(exclusive)), wide);
            Assert.Equal(one.Position, many.Position);
            if (exclusive > int.MaxValue) continue;
            var narrow = new int[length];
            new RandomSource(7, 3, 5).FillIntegers(narrow, (int)exclusive);
            Assert.Equal(wide, narrow.Select(value => (long)value));
        }
    }

    [Fact]
    public void A_permutation_holds_every_index_once_and_all_orders_are_equally_likely()
    {
        var source = new RandomSource(8);
        foreach (var n in Lengths) Assert.Equal(Enumerable.Range(0, n), source.Permutation(n).Order());
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < 12_000; i++)
        {
            var key = string.Join(',', source.Permutation(3));
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 1_790, 2_210));
    }

    [Fact]
    public void Split_streams_do_not_depend_on_the_position_and_are_uncorrelated()
    {
        var source = new RandomSource(1);
        var weights = source.Split("weights");
        source.Position = 1000;
        Assert.Equal(weights.Stream, source.Split("weights").Stream);
        Assert.Equal(0UL, weights.Position);
        RandomSource[] sources = [source, weights, source.Split("dropout"), source.Split(0), source.Split(1), weights.Split(0)];
        var streams = sources.Select(each => each.Stream).ToArray();
        Assert.Equal(streams.Length, streams.Distinct().Count());
        Assert.NotEqual(new RandomSource(2).Split("weights").Stream, weights.Stream);

        var a = Draw(source.Split(0), 200_000).NormalDouble;
        var b = Draw(source.Split(1), 200_000).NormalDouble;
        Assert.InRange(a.Zip(b, (x, y) => x * y).Average(), -0.012, 0.012);
    }

    private static double Correlation(double[] x, int lag)
    {
        var mean = x.Average();
        var variance = x.Average(value => (value - mean) * (value - mean));
        return x.Skip(lag).Zip(x, (a, b) => (a - mean) * (b - mean)).Average() / variance;
    }

    // Every kind of number from the same position on.
    private static Numbers Draw(RandomSource source, int n)
    {
        var start = source.Position;
        var drawn = new Numbers(new float[n], new double[n], new float[n], new double[n], new int[n]);
        source.FillUniform(drawn.UniformSingle);
        source.Position = start;
        source.FillUniform(drawn.UniformDouble);
        source.Position = start;
        source.FillNormal(drawn.NormalSingle);
        source.Position = start;
        source.FillNormal(drawn.NormalDouble);
        source.Position = start;
        source.FillIntegers(drawn.Integers, 1000);
        return drawn;
    }

    private sealed record Numbers(float[] UniformSingle, double[] UniformDouble, float[] NormalSingle, double[] NormalDouble, int[] Integers);
}
