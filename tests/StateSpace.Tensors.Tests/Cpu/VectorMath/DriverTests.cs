using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Tests.Cpu.VectorMath;

public sealed class DriverTests
{
    private static readonly int[] Lengths = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 63, 65, 255, 257];

    [Theory]
    [MemberData(nameof(VectorFunction.Names), MemberType = typeof(VectorFunction))]
    public void Every_length_gives_the_scalar_bits_and_touches_nothing_beyond_its_end(string name)
    {
        var function = VectorFunction.Named(name);
        foreach (var length in Lengths)
        {
            var x = Enumerable.Range(0, length + 40).Select(i => i < length ? (float)(0.01 + (i % 23)) : float.NaN).ToArray();
            var y = Enumerable.Repeat(float.NaN, length + 40).ToArray();
            function.Single(x, y, length);
            for (var i = 0; i < y.Length; i++)
            {
                var expected = i < length ? function.SingleScalar(x[i]) : float.NaN;
                Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(y[i]));
            }

            var wideX = Array.ConvertAll(x, value => (double)value);
            var wideY = Enumerable.Repeat(double.NaN, length + 40).ToArray();
            function.Double(wideX, wideY, length);
            for (var i = 0; i < y.Length; i++)
            {
                var expected = i < length ? function.DoubleScalar(wideX[i]) : double.NaN;
                Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(wideY[i]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(VectorFunction.Names), MemberType = typeof(VectorFunction))]
    public void The_number_of_threads_does_not_change_a_bit(string name)
    {
        var function = VectorFunction.Named(name);
        var n = (3 * (int)UnaryDriver.Block) + 17;
        var x = Enumerable.Range(0, n).Select(i => (i % 4099) / 200f).ToArray();
        var alone = new float[n];
        var together = new float[n];
        var before = CpuTeam.Threads;
        try
        {
            CpuTeam.Threads = 1;
            function.Single(x, alone, n);
            CpuTeam.Threads = 3;
            function.Single(x, together, n);
        }
        finally
        {
            CpuTeam.Threads = before;
        }

        Assert.True(alone.AsSpan().SequenceEqual(together));
        Assert.Equal(function.SingleScalar(x[^1]), alone[^1]);
    }

    [Fact]
    public unsafe void A_function_may_overwrite_its_input()
    {
        var x = Enumerable.Range(0, 257).Select(i => (i - 128) / 16.0).ToArray();
        var expected = new double[257];
        fixed (double* from = x, to = expected)
        {
            UnaryDriver.Run<double, TanhOperator>(from, to, 257);
            UnaryDriver.Run<double, TanhOperator>(from, from, 257);
        }

        Assert.Equal(expected, x);
    }

    [Fact]
    public unsafe void Gradient_operator_multiplies_by_the_derivative_at_every_length_and_thread_count()
    {
        foreach (var n in Lengths.Append((2 * (int)UnaryDriver.Block) + 5))
        {
            var x = Enumerable.Range(0, n + 16).Select(i => i < n ? (i % 101 / 10.0) - 5 : double.NaN).ToArray();
            var g = Enumerable.Range(0, n + 16).Select(i => i < n ? 1.0 / (i + 1) : double.NaN).ToArray();
            var y = Enumerable.Repeat(double.NaN, n + 16).ToArray();
            fixed (double* px = x, pg = g, py = y) BinaryDriver.Run<double, GradientOperator<SiluDerivative>>(px, pg, py, n);
            for (var i = 0; i < n; i++) Assert.Equal(g[i] * UnaryDriver.Scalar<SiluDerivative>(x[i]), y[i]);
            Assert.All(y[n..], value => Assert.True(double.IsNaN(value)));
        }
    }

    // A derivative belongs to its function: central differences in double.
    [Fact]
    public void Derivatives_match_central_differences()
    {
        (string Function, string Derivative)[] pairs =
        [
            ("Sigmoid", "SigmoidDerivative"), ("Tanh", "TanhDerivative"), ("Silu", "SiluDerivative"),
            ("Gelu", "GeluDerivative"), ("GeluTanh", "GeluTanhDerivative"), ("Softplus", "Sigmoid"),
        ];
        const double Step = 1e-5;
        foreach (var (name, derivative) in pairs)
        {
            var f = VectorFunction.Named(name).DoubleScalar;
            var slope = VectorFunction.Named(derivative).DoubleScalar;
            for (var x = -8.0; x <= 8; x += 0.37) Assert.Equal((f(x + Step) - f(x - Step)) / (2 * Step), slope(x), 1e-9);
        }
    }

    // The promise that AVX-512, AVX2 and plain code agree: the sum of all result bits over a fixed grid.
    [Fact]
    public void Bits_are_the_same_on_every_instruction_set()
    {
        var sum = 14695981039346656037UL;
        foreach (var function in VectorFunction.All)
        {
            for (var i = 0; i < 2000; i++)
            {
                var x = 1e-3 + (i * i * 1.7e-5);
                sum = (sum ^ BitConverter.SingleToUInt32Bits(function.SingleScalar((float)x))) * 1099511628211UL;
                sum = (sum ^ BitConverter.DoubleToUInt64Bits(function.DoubleScalar(x))) * 1099511628211UL;
                if (function.Name is "Log" or "Sqrt" or "Rsqrt" or "Log1p") continue;
                sum = (sum ^ BitConverter.SingleToUInt32Bits(function.SingleScalar(-(float)x))) * 1099511628211UL;
                sum = (sum ^ BitConverter.DoubleToUInt64Bits(function.DoubleScalar(-x))) * 1099511628211UL;
            }
        }

        Assert.Equal(2028257983981554113UL, sum);
    }
}
