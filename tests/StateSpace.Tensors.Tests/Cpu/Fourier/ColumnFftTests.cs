using System.Runtime.InteropServices;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Fourier;

namespace StateSpace.Tensors.Tests.Cpu.Fourier;

public sealed unsafe class ColumnFftTests
{
    private const double DoubleTolerance = 1e-13;
    private const double SingleTolerance = 2e-6;

    private static readonly int[] Long = [127, 128, 255, 256, 257, 1000, 1009, 1024, 4096];

    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 70).Concat(Long)];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Forward_and_inverse_equal_the_definition(int n)
    {
        var columns = n > 1000 ? 1 : 3;
        var (re, im) = (NaiveDft.Random(n * columns, n), NaiveDft.Random(n * columns, n + 1));
        var truth = NaiveDft.Forward(re, im, n, columns);
        Assert.InRange(NaiveDft.Error(Complex(re, im, n, columns, inverse: false), truth), 0, DoubleTolerance);
        Assert.InRange(NaiveDft.Error(Wide(ComplexSingle(Narrow(re), Narrow(im), n, columns, inverse: false)), truth), 0, SingleTolerance);

        // DFT⁻¹ x = conj(DFT(conj x))/n.
        var conjugate = NaiveDft.Forward(re, [.. im.Select(x => -x)], n, columns);
        var inverse = (conjugate.Re.Select(x => x / n).ToArray(), conjugate.Im.Select(x => -x / n).ToArray());
        Assert.InRange(NaiveDft.Error(Complex(re, im, n, columns, inverse: true), inverse), 0, DoubleTolerance);
        Assert.InRange(NaiveDft.Error(Wide(ComplexSingle(Narrow(re), Narrow(im), n, columns, inverse: true)), inverse), 0, SingleTolerance);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Inverse_undoes_forward_and_energy_is_kept(int n)
    {
        const int Columns = 2;
        var (re, im) = (NaiveDft.Random(n * Columns, n), NaiveDft.Random(n * Columns, n + 1));
        var spectrum = Complex(re, im, n, Columns, inverse: false);
        Assert.InRange(NaiveDft.Error(Complex(spectrum.Re, spectrum.Im, n, Columns, inverse: true), (re, im)), 0, DoubleTolerance);

        // Parseval: Σ|y|² = n Σ|x|².
        var energy = re.Sum(x => x * x) + im.Sum(x => x * x);
        Assert.Equal(1, (spectrum.Re.Sum(x => x * x) + spectrum.Im.Sum(x => x * x)) / (n * energy), 1e-13);
    }

    [Theory]
    [InlineData(48)]
    [InlineData(257)]
    public void The_transform_is_linear(int n)
    {
        var (a, b) = (NaiveDft.Random(n, 1), NaiveDft.Random(n, 2));
        var zero = new double[n];
        var (fa, fb) = (Complex(a, zero, n, 1, inverse: false), Complex(b, zero, n, 1, inverse: false));
        var mixed = Complex([.. a.Zip(b, (x, y) => (2 * x) - (3 * y))], zero, n, 1, inverse: false);
        var expected = (fa.Re.Zip(fb.Re, (x, y) => (2 * x) - (3 * y)).ToArray(), fa.Im.Zip(fb.Im, (x, y) => (2 * x) - (3 * y)).ToArray());
        Assert.InRange(NaiveDft.Error(mixed, expected), 0, DoubleTolerance);
    }

    // Every remainder of the vector width, several blocks, several batch entries: a column's bits are those it has alone.
    [Theory]
    [InlineData(12, 1)]
    [InlineData(12, 7)]
    [InlineData(30, 15)]
    [InlineData(64, 17)]
    [InlineData(77, 63)]
    [InlineData(16, 65)]
    [InlineData(37, 33)]
    [InlineData(600, 257)]
    public void A_column_does_not_depend_on_its_neighbours_and_nothing_beyond_the_end_is_touched(int n, int columns)
    {
        const int Batch = 2;
        var size = Batch * n * columns;
        var (re, im) = (NaiveDft.Random(size, n), NaiveDft.Random(size, columns));
        double[] poisonedRe = [.. re, .. Enumerable.Repeat(double.NaN, 40)];
        double[] poisonedIm = [.. im, .. Enumerable.Repeat(double.NaN, 40)];
        var yr = Enumerable.Repeat(double.NaN, size + 40).ToArray();
        var yi = Enumerable.Repeat(double.NaN, size + 40).ToArray();
        fixed (double* a = poisonedRe, b = poisonedIm, c = yr, d = yi) ColumnFft.Forward(a, b, c, d, Batch, n, columns);
        Assert.All(yr[size..].Concat(yi[size..]), value => Assert.True(double.IsNaN(value)));
        foreach (var (entry, column) in new[] { (0, 0), (0, columns / 2), (1, columns - 1) })
        {
            double[] Column(double[] x) => [.. Enumerable.Range(0, n).Select(i => x[(((entry * n) + i) * columns) + column])];
            var alone = Complex(Column(re), Column(im), n, 1, inverse: false);
            Assert.Equal(alone.Re, Column(yr));
            Assert.Equal(alone.Im, Column(yi));
        }
    }

    [Fact]
    public void A_NaN_stays_in_its_column()
    {
        var x = NaiveDft.Random(24 * 5, 1);
        x[2] = double.NaN;
        var (yr, yi) = (new double[13 * 5], new double[13 * 5]);
        fixed (double* a = x, c = yr, d = yi) ColumnFft.RealForward(a, c, d, 1, 24, 24, 5);
        for (var i = 0; i < yr.Length; i++) Assert.Equal(i % 5 == 2, double.IsNaN(yr[i]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(257)]
    [InlineData(1024)]
    public void Transforms_may_overwrite_their_input(int n)
    {
        const int Columns = 19;
        var (re, im) = (NaiveDft.Random(n * Columns, 5), NaiveDft.Random(n * Columns, 6));
        var expected = Complex(re, im, n, Columns, inverse: false);
        fixed (double* a = re, b = im) ColumnFft.Forward(a, b, a, b, 1, n, Columns);
        Assert.Equal(expected.Re, re);
        Assert.Equal(expected.Im, im);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        var (re, im) = (NaiveDft.Random(2 * 360 * 70, 5), NaiveDft.Random(2 * 360 * 70, 6));
        var before = CpuTeam.Threads;
        try
        {
            CpuTeam.Threads = 1;
            var alone = Complex(re, im, 360, 70, inverse: false);
            CpuTeam.Threads = 3;
            var together = Complex(re, im, 360, 70, inverse: false);
            Assert.Equal(alone.Re, together.Re);
            Assert.Equal(alone.Im, together.Im);
        }
        finally
        {
            CpuTeam.Threads = before;
        }
    }

    // Aligned results above a megabyte are written past the caches; shifted by one element they are not.
    [Theory]
    [InlineData(1024)]
    [InlineData(1155)]
    [InlineData(2046)]
    public void Results_written_past_the_caches_have_the_same_bits(int n)
    {
        const int Columns = 64;
        var (size, bins) = (n * Columns, ((n / 2) + 1) * Columns);
        var memory = (double*)NativeMemory.AlignedAlloc((nuint)(6L * (size + 64) * sizeof(double)), 64);
        try
        {
            var x = memory;
            var values = NaiveDft.Random(size, n);
            values.CopyTo(new Span<double>(x, size));
            var results = new List<double[]>();
            foreach (var shift in new[] { 0, 1 })
            {
                var re = memory + size + shift;
                var im = memory + (2 * (size + 64)) + shift;
                ColumnFft.Forward(x, x, re, im, 1, n, Columns);
                results.Add([.. new Span<double>(re, size), .. new Span<double>(im, size)]);
                ColumnFft.RealForward(x, re, im, 1, n, n, Columns);
                results.Add([.. new Span<double>(re, bins), .. new Span<double>(im, bins)]);
                var back = memory + (3 * (size + 64)) + shift;
                ColumnFft.RealInverse(re, im, back, 1, n, n, Columns);
                results.Add([.. new Span<double>(back, size)]);
            }

            for (var i = 0; i < 3; i++) Assert.Equal(results[i], results[i + 3]);
            Assert.Equal(values[17], results[2][17], 1e-13);
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    // Recorded once on AVX-512; the same on AVX2 and without either.
    [Fact]
    public void Bits_are_the_same_on_every_instruction_set()
    {
        var sum = 14695981039346656037UL;
        foreach (var n in new[] { 60, 77, 64, 101 })
        {
            var (re, im) = (NaiveDft.Random(n * 3, n), NaiveDft.Random(n * 3, n + 1));
            var (yr, yi) = Complex(re, im, n, 3, inverse: false);
            var (zr, zi) = ComplexSingle(Narrow(re), Narrow(im), n, 3, inverse: true);
            foreach (var value in yr.Concat(yi)) sum = (sum ^ BitConverter.DoubleToUInt64Bits(value)) * 1099511628211UL;
            foreach (var value in zr.Concat(zi)) sum = (sum ^ BitConverter.SingleToUInt32Bits(value)) * 1099511628211UL;
        }

        Assert.Equal(15674473424677421497UL, sum);
    }

    private static (double[] Re, double[] Im) Complex(double[] re, double[] im, int n, int columns, bool inverse)
    {
        var (yr, yi) = (new double[re.Length], new double[re.Length]);
        var batch = re.Length / (n * columns);
        fixed (double* a = re, b = im, c = yr, d = yi)
        {
            if (inverse) ColumnFft.Inverse(a, b, c, d, batch, n, columns);
            else ColumnFft.Forward(a, b, c, d, batch, n, columns);
        }

        return (yr, yi);
    }

    private static (float[] Re, float[] Im) ComplexSingle(float[] re, float[] im, int n, int columns, bool inverse)
    {
        var (yr, yi) = (new float[re.Length], new float[re.Length]);
        fixed (float* a = re, b = im, c = yr, d = yi)
        {
            if (inverse) ColumnFft.Inverse(a, b, c, d, 1, n, columns);
            else ColumnFft.Forward(a, b, c, d, 1, n, columns);
        }

        return (yr, yi);
    }

    private static float[] Narrow(double[] x) => Array.ConvertAll(x, value => (float)value);

    private static (double[] Re, double[] Im) Wide((float[] Re, float[] Im) x) =>
        (Array.ConvertAll(x.Re, value => (double)value), Array.ConvertAll(x.Im, value => (double)value));
}
