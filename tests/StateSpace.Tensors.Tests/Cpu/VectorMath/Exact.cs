using System.Numerics;

namespace StateSpace.Tensors.Tests.Cpu.VectorMath;

/// <summary>
/// Elementary functions in fixed point with <see cref="Bits"/> fraction bits: the truth that the vector functions are
/// measured against. Slow and plain; nothing here shares a formula's weakness with the code under test.
/// </summary>
internal static class Exact
{
    public const int Bits = 1200;

    public static readonly BigInteger Pi = (16 * ArctanOfReciprocal(5)) - (4 * ArctanOfReciprocal(239));

    private const int Halvings = 16;
    private static readonly BigInteger One = BigInteger.One << Bits;
    private static readonly BigInteger Ln2 = (18 * ArtanhOfReciprocal(26)) - (2 * ArtanhOfReciprocal(4801)) + (8 * ArtanhOfReciprocal(8749));

    public static BigInteger From(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var field = (int)((bits >> 52) & 0x7ff);
        var mantissa = (bits & 0xfffffffffffff) | (field == 0 ? 0 : 1L << 52);
        var value = Shift(mantissa, Bits + Math.Max(field, 1) - 1075);
        return bits < 0 ? -value : value;
    }

    /// <summary>|y − truth| in units of the last place of a number of the given precision beside truth (beside scale, where that is larger).</summary>
    public static double Ulps(double y, BigInteger truth, double scale, int precision, int smallestExponent)
    {
        var exponent = (int)BigInteger.Max(BigInteger.Abs(truth), From(scale)).GetBitLength() - precision;
        exponent = Math.Max(exponent, Bits + smallestExponent);
        var difference = BigInteger.Abs(From(y) - truth);
        return (double)(difference >> (exponent - 40)) / (1L << 40);
    }

    public static BigInteger Exp(BigInteger x)
    {
        var n = (int)BigInteger.Divide((2 * x) + (x.Sign * Ln2), 2 * Ln2);
        return Shift(One + ReducedExpm1(x - (n * Ln2)), n);
    }

    public static BigInteger Expm1(BigInteger x) => Exp(x) - One;

    public static BigInteger Exp2(BigInteger x) => Exp(Multiply(x, Ln2));

    public static BigInteger Log(BigInteger x)
    {
        var shift = (int)x.GetBitLength() - Bits;
        var m = Shift(x, -shift);
        var y = From(Math.Log((double)(m >> (Bits - 60)) / (1L << 60)));
        for (var i = 0; i < 4; i++)
        {
            var e = Exp(y);
            y += Divide(2 * (m - e), m + e);
        }

        return y + (shift * Ln2);
    }

    public static BigInteger Log1p(BigInteger x) => Log(One + x);

    public static BigInteger Sigmoid(BigInteger x) => Divide(One, One + Exp(-x));

    public static BigInteger SigmoidSlope(BigInteger x) => Multiply(Sigmoid(x), Sigmoid(-x));

    public static BigInteger Tanh(BigInteger x) => Divide(Expm1(2 * x), Exp(2 * x) + One);

    public static BigInteger TanhSlope(BigInteger x) => 4 * SigmoidSlope(2 * x);

    public static BigInteger Softplus(BigInteger x) => Log1p(Exp(x));

    public static BigInteger Silu(BigInteger x) => Multiply(x, Sigmoid(x));

    public static BigInteger SiluSlope(BigInteger x) => Sigmoid(x) + Multiply(x, SigmoidSlope(x));

    public static BigInteger Erf(BigInteger x)
    {
        // erf x = 2/√π · e^(−x²) · Σ 2^k x^(2k+1) / (2k+1)!!: every term is positive.
        var square = Multiply(x, x);
        var sum = x;
        var term = x;
        for (var k = 1; !term.IsZero && !term.Equals(BigInteger.MinusOne); k++)
        {
            term = Multiply(term, 2 * square) / ((2 * k) + 1);
            sum += term;
        }

        return Divide(2 * Multiply(sum, Exp(-square)), Sqrt(Pi));
    }

    public static BigInteger Gelu(BigInteger x) => Multiply(x, NormalDistribution(x));

    public static BigInteger GeluSlope(BigInteger x)
    {
        var density = Divide(Exp(-Multiply(x, x) / 2), Sqrt(2 * Pi));
        return NormalDistribution(x) + Multiply(x, density);
    }

    public static BigInteger GeluTanh(BigInteger x) => Multiply(x, Sigmoid(TwoU(x)));

    public static BigInteger GeluTanhSlope(BigInteger x)
    {
        var slope = Multiply(Sqrt(8 * Divide(One, Pi)), One + (3 * 44715 * Multiply(x, x) / 1000000));
        return Sigmoid(TwoU(x)) + Multiply(Multiply(x, slope), SigmoidSlope(TwoU(x)));
    }

    public static BigInteger Sin(BigInteger x)
    {
        var turns = BigInteger.Divide((2 * x) + (x.Sign * 2 * Pi), 4 * Pi);
        var r = x - (turns * 2 * Pi);
        var square = Multiply(r, r);
        var sum = r;
        var term = r;
        for (var k = 1; !term.IsZero && !term.Equals(BigInteger.MinusOne); k++)
        {
            term = -Multiply(term, square) / (2 * k * ((2 * k) + 1));
            sum += term;
        }

        return sum;
    }

    public static BigInteger Cos(BigInteger x) => Sin(x + (Pi / 2));

    public static BigInteger Sqrt(BigInteger x)
    {
        if (x.IsZero) return x;
        var target = x << Bits;
        var root = BigInteger.One << (int)((target.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + (target / root)) >> 1;
            if (next >= root) return root;
            root = next;
        }
    }

    public static BigInteger Rsqrt(BigInteger x) => Divide(One, Sqrt(x));

    private static BigInteger NormalDistribution(BigInteger x) => (One + Erf(Divide(x, Sqrt(2 * One)))) / 2;

    private static BigInteger TwoU(BigInteger x) =>
        Multiply(Sqrt(8 * Divide(One, Pi)), x + (44715 * Multiply(Multiply(x, x), x) / 1000000));

    private static BigInteger ReducedExpm1(BigInteger r)
    {
        r >>= Halvings;
        var sum = r;
        var term = r;
        for (var k = 2; !term.IsZero && !term.Equals(BigInteger.MinusOne); k++)
        {
            term = Multiply(term, r) / k;
            sum += term;
        }

        // e^(2r) − 1 = t(t + 2).
        for (var i = 0; i < Halvings; i++) sum = Multiply(sum, sum + (2 * One));
        return sum;
    }

    private static BigInteger ArtanhOfReciprocal(int n) => ReciprocalSeries(n, 1);

    private static BigInteger ArctanOfReciprocal(int n) => ReciprocalSeries(n, -1);

    private static BigInteger ReciprocalSeries(int n, int sign)
    {
        var power = (BigInteger.One << (Bits + 64)) / n;
        var sum = BigInteger.Zero;
        for (var k = 1; !power.IsZero; k += 2)
        {
            sum += (sign < 0 && k % 4 == 3 ? -power : power) / k;
            power /= n * n;
        }

        return sum >> 64;
    }

    private static BigInteger Multiply(BigInteger a, BigInteger b) => (a * b) >> Bits;

    private static BigInteger Divide(BigInteger a, BigInteger b) => (a << Bits) / b;

    private static BigInteger Shift(BigInteger x, int left) => left >= 0 ? x << left : x >> -left;
}
