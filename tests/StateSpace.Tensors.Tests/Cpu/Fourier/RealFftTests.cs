using StateSpace.Tensors.Cpu.Fourier;

namespace StateSpace.Tensors.Tests.Cpu.Fourier;

public sealed unsafe class RealFftTests
{
    private const double DoubleTolerance = 1e-13;
    private const double SingleTolerance = 2e-6;

    public static TheoryData<int> Lengths => [.. Enumerable.Range(1, 70), 127, 128, 255, 256, 257, 1000, 1009, 1024, 2018, 4096];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Real_transforms_are_the_first_half_of_complex_ones_and_back(int n)
    {
        var columns = n > 1000 ? 1 : 5;
        var bins = (n / 2) + 1;
        var x = NaiveDft.Random(n * columns, n);
        var truth = NaiveDft.Forward(x, new double[x.Length], n, columns);
        var half = (truth.Re[..(bins * columns)], truth.Im[..(bins * columns)]);
        var spectrum = Forward(x, n, n, columns);
        Assert.InRange(NaiveDft.Error(spectrum, half), 0, DoubleTolerance);
        Assert.InRange(Distance(Inverse(spectrum.Re, spectrum.Im, n, n, columns), x), 0, DoubleTolerance);

        var single = Array.ConvertAll(x, value => (float)value);
        var (yr, yi, back) = (new float[bins * columns], new float[bins * columns], new float[x.Length]);
        fixed (float* a = single, b = yr, c = yi, d = back)
        {
            ColumnFft.RealForward(a, b, c, 1, n, n, columns);
            ColumnFft.RealInverse(b, c, d, 1, n, n, columns);
        }

        Assert.InRange(NaiveDft.Error((Array.ConvertAll(yr, v => (double)v), Array.ConvertAll(yi, v => (double)v)), half), 0, SingleTolerance);
        Assert.InRange(Distance(Array.ConvertAll(back, v => (double)v), x), 0, SingleTolerance);
    }

    [Theory]
    [InlineData(8, 3, 17)]
    [InlineData(8, 4, 16)]
    [InlineData(9, 4, 3)]
    [InlineData(30, 15, 33)]
    [InlineData(34, 17, 8)]
    [InlineData(128, 63, 65)]
    [InlineData(16, 0, 2)]
    public void Missing_rows_are_zero_and_only_wanted_rows_are_written(int n, int rows, int columns)
    {
        const int Batch = 3;
        var x = NaiveDft.Random(Batch * rows * columns, 1);
        var bins = (n / 2) + 1;
        var spectrum = Forward(x, n, rows, columns, Batch);
        var padded = new double[Batch * n * columns];
        for (var b = 0; b < Batch; b++) Array.Copy(x, b * rows * columns, padded, b * n * columns, rows * columns);
        var full = Forward(padded, n, n, columns, Batch);
        Assert.Equal(full.Re, spectrum.Re);
        Assert.Equal(full.Im, spectrum.Im);

        var y = Enumerable.Repeat(double.NaN, (Batch * rows * columns) + 40).ToArray();
        fixed (double* a = spectrum.Re, c = spectrum.Im, d = y) ColumnFft.RealInverse(a, c, d, Batch, n, rows, columns);
        for (var i = 0; i < x.Length; i++) Assert.Equal(x[i], y[i], 1e-13);
        Assert.All(y[x.Length..], value => Assert.True(double.IsNaN(value)));
        Assert.Equal(Batch * bins * columns, spectrum.Re.Length);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(15)]
    public void Inverse_ignores_the_imaginary_parts_that_a_real_signal_cannot_have(int n)
    {
        var bins = (n / 2) + 1;
        var (re, im) = (NaiveDft.Random(bins, 1), NaiveDft.Random(bins, 2));
        var clean = im.ToArray();
        clean[0] = 0;
        if (n % 2 == 0) clean[^1] = 0;
        Assert.Equal(Inverse(re, clean, n, n, 1), Inverse(re, im, n, n, 1));
    }

    // ⟨rfft x, g⟩ = ⟨x, rfftᵀ g⟩ and ⟨irfft s, g⟩ = ⟨s, irfftᵀ g⟩ in the real inner product over both parts.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(12, 12)]
    [InlineData(15, 15)]
    [InlineData(30, 15)]
    [InlineData(257, 100)]
    [InlineData(128, 63)]
    public void Adjoints_satisfy_their_identity(int n, int rows)
    {
        const int Columns = 17;
        var bins = (n / 2) + 1;
        var x = NaiveDft.Random(rows * Columns, 1);
        var (gr, gi) = (NaiveDft.Random(bins * Columns, 2), NaiveDft.Random(bins * Columns, 3));
        var (yr, yi) = Forward(x, n, rows, Columns);
        var back = new double[x.Length];
        fixed (double* a = gr, b = gi, c = back) ColumnFft.RealForwardAdjoint(a, b, c, 1, n, rows, Columns);
        Assert.Equal(Dot(yr, gr) + Dot(yi, gi), Dot(x, back), 1e-10);

        var time = Inverse(gr, gi, n, rows, Columns);
        var (sr, si) = (new double[gr.Length], new double[gr.Length]);
        fixed (double* a = x, b = sr, c = si) ColumnFft.RealInverseAdjoint(a, b, c, 1, n, rows, Columns);
        Assert.Equal(Dot(time, x), Dot(gr, sr) + Dot(gi, si), 1e-10);
    }

    [Fact]
    public void Causal_convolution_by_padded_transforms_equals_the_sum()
    {
        const int L = 45;
        var (u, k) = (NaiveDft.Random(L, 1), NaiveDft.Random(L, 2));
        var n = FftLength.GoodEven((2 * L) - 1);
        var (ur, ui) = Forward(u, n, L, 1);
        var (kr, ki) = Forward(k, n, L, 1);
        var re = ur.Select((_, i) => (ur[i] * kr[i]) - (ui[i] * ki[i])).ToArray();
        var im = ur.Select((_, i) => (ur[i] * ki[i]) + (ui[i] * kr[i])).ToArray();
        var y = Inverse(re, im, n, L, 1);
        for (var t = 0; t < L; t++) Assert.Equal(Enumerable.Range(0, t + 1).Sum(j => k[j] * u[t - j]), y[t], 1e-13);
    }

    [Fact]
    public void Too_many_rows_are_refused()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Forward(new double[9], 8, 9, 1));
        Assert.Contains("length 8 cannot use 9 rows", error.Message, StringComparison.Ordinal);
    }

    private static (double[] Re, double[] Im) Forward(double[] x, int n, int rows, int columns, int batch = 1)
    {
        var (yr, yi) = (new double[batch * ((n / 2) + 1) * columns], new double[batch * ((n / 2) + 1) * columns]);
        fixed (double* a = x, b = yr, c = yi) ColumnFft.RealForward(a, b, c, batch, n, rows, columns);
        return (yr, yi);
    }

    private static double[] Inverse(double[] re, double[] im, int n, int rows, int columns)
    {
        var y = new double[rows * columns];
        fixed (double* a = re, b = im, c = y) ColumnFft.RealInverse(a, b, c, 1, n, rows, columns);
        return y;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / Dot(b, b));
}
