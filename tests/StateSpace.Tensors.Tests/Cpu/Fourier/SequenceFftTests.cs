using StateSpace.Tensors.Cpu.Fourier;

namespace StateSpace.Tensors.Tests.Cpu.Fourier;

public sealed unsafe class SequenceFftTests
{
    public static TheoryData<int> Lengths => [1, 2, 3, 15, 17, 63, 65, 127, 255, 256, 257, 360, 512, 1000, 1009, 1024, 1050, 2002, 4096, 8190];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void A_sequence_equals_the_column_of_the_same_numbers(int n)
    {
        var (re, im) = (NaiveDft.Random(n, n), NaiveDft.Random(n, n + 1));
        var (columnRe, columnIm) = (new double[n], new double[n]);
        var (yr, yi) = (new double[n], new double[n]);
        fixed (double* a = re, b = im, c = columnRe, d = columnIm, e = yr, f = yi)
        {
            ColumnFft.Forward(a, b, c, d, 1, n, 1);
            SequenceFft.Forward(a, b, e, f, n);
        }

        Assert.InRange(NaiveDft.Error((yr, yi), (columnRe, columnIm)), 0, 1e-13);
        fixed (double* e = yr, f = yi) SequenceFft.Inverse(e, f, e, f, n);
        Assert.InRange(NaiveDft.Error((yr, yi), (re, im)), 0, 1e-13);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void A_real_sequence_equals_the_real_column(int n)
    {
        var bins = (n / 2) + 1;
        var x = NaiveDft.Random(n, n);
        var (columnRe, columnIm) = (new double[bins], new double[bins]);
        var (yr, yi) = (new double[bins], new double[bins]);
        var (back, zero) = (new double[n], new double[n]);
        fixed (double* a = x, c = columnRe, d = columnIm, e = yr, f = yi, g = back)
        {
            ColumnFft.RealForward(a, c, d, 1, n, n, 1);
            SequenceFft.RealForward(a, e, f, n);
            SequenceFft.RealInverse(e, f, g, n);
        }

        Assert.InRange(NaiveDft.Error((yr, yi), (columnRe, columnIm)), 0, 1e-13);
        Assert.InRange(NaiveDft.Error((back, zero), (x, zero)), 0, 1e-13);
    }

    [Fact]
    public void Single_precision_keeps_its_accuracy_at_large_lengths()
    {
        const int N = 1 << 16;
        var x = Array.ConvertAll(NaiveDft.Random(N, 3), value => (float)value);
        var (yr, yi, back) = (new float[(N / 2) + 1], new float[(N / 2) + 1], new float[N]);
        var (wide, wr, wi) = (Array.ConvertAll(x, value => (double)value), new double[(N / 2) + 1], new double[(N / 2) + 1]);
        fixed (float* a = x, b = yr, c = yi, d = back)
        fixed (double* e = wide, f = wr, g = wi)
        {
            SequenceFft.RealForward(a, b, c, N);
            SequenceFft.RealInverse(b, c, d, N);
            SequenceFft.RealForward(e, f, g, N);
        }

        Assert.InRange(NaiveDft.Error((Array.ConvertAll(yr, v => (double)v), Array.ConvertAll(yi, v => (double)v)), (wr, wi)), 0, 2e-6);
        for (var i = 0; i < N; i++) Assert.Equal(x[i], back[i], 2e-6f);
    }
}
