using StateSpace.Tensors.Cpu.Fourier;
using StateSpace.Tensors.Tests.Cpu.VectorMath;

namespace StateSpace.Tensors.Tests.Cpu.Fourier;

public sealed class FftPlansTests
{
    [Fact]
    public void Good_lengths_are_the_next_products_of_2_3_and_5()
    {
        for (var n = 1; n <= 3000; n++)
        {
            var expected = n;
            while (!IsSmooth(expected)) expected++;
            Assert.Equal(expected, FftLength.Good(n));
            var even = n;
            while (even % 2 != 0 || !IsSmooth(even)) even++;
            Assert.Equal(even, FftLength.GoodEven(n));
        }

        Assert.Equal(1 << 30, FftLength.Good(1 << 30));
        Assert.Throws<ArgumentOutOfRangeException>(() => FftLength.Good(0));
    }

    [Fact]
    public void A_plan_is_made_once_and_shared_by_all_threads()
    {
        var plans = new FftPlan<double>[32];
        Parallel.For(0, plans.Length, i => plans[i] = FftPlans<double>.Get(1234));
        Assert.All(plans, plan => Assert.Same(FftPlans<double>.Get(1234), plan));
    }

    [Fact]
    public void The_cache_is_bounded_and_forgets_the_oldest_plans()
    {
        int[] lengths = [900, 1000, 1200];
        var capacity = lengths.Sum(n => FftPlan<float>.Create(n).TableSize) - 1;
        var cache = new FftTableCache(capacity);
        var first = cache.Get(900, FftPlan<float>.Create);
        var second = cache.Get(1000, FftPlan<float>.Create);
        Assert.Same(first, cache.Get(900, FftPlan<float>.Create));
        cache.Get(1200, FftPlan<float>.Create);
        Assert.InRange(cache.Size, 1, capacity);
        Assert.Same(first, cache.Get(900, FftPlan<float>.Create));
        Assert.NotSame(second, cache.Get(1000, FftPlan<float>.Create));
        for (var n = 1; n <= 300; n++) cache.Get(n, FftPlan<float>.Create);
        Assert.InRange(cache.Size, 1, capacity);

        // Tables above the capacity are made all the same, and held alone.
        Assert.Equal(100_000, cache.Get(100_000, FftPlan<float>.Create).Length);
        Assert.NotSame(first, cache.Get(900, FftPlan<float>.Create));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Lengths_below_one_are_refused(int n) => Assert.Throws<ArgumentOutOfRangeException>(() => FftPlans<float>.Get(n));

    [Fact]
    public void Roots_of_unity_are_exact_on_the_axes_and_accurate_between()
    {
        Assert.Equal((1.0, 0.0), RootOfUnity.Of(0, 12));
        Assert.Equal((0.0, 1.0), RootOfUnity.Of(3, 12));
        Assert.Equal((-1.0, 0.0), RootOfUnity.Of(6, 12));
        Assert.Equal((0.0, -1.0), RootOfUnity.Of(9, 12));
        for (var k = 1; k < 1009; k += 7)
        {
            var (cos, sin) = RootOfUnity.Of(k, 1009);
            var angle = 2 * k * Exact.Pi / 1009;
            Assert.InRange(Exact.Ulps(cos, Exact.Cos(angle), 0, 53, -1074), 0, 1.5);
            Assert.InRange(Exact.Ulps(sin, Exact.Sin(angle), 0, 53, -1074), 0, 1.5);
        }
    }

    private static bool IsSmooth(int n)
    {
        foreach (var prime in new[] { 2, 3, 5 })
        {
            while (n % prime == 0) n /= prime;
        }

        return n == 1;
    }
}
