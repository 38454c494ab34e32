namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// An unevaluated sum of two doubles, |Low| ≤ half a unit of High's last place: about 32 significant digits. Sums and products by the
/// error-free transformations of Knuth and Dekker.
/// </summary>
internal readonly struct DoubleDouble
{
    public DoubleDouble(double high, double low)
    {
        High = high + low;
        Low = low - (High - high);
    }

    private DoubleDouble(double high, double low, bool _)
    {
        High = high;
        Low = low;
    }

    public double High { get; }

    public double Low { get; }

    public bool IsNegative => High < 0;

    public static implicit operator DoubleDouble(double value) => new(value, 0, true);

    /// <summary>The nearest pair to a rational number.</summary>
    public static DoubleDouble From(BigRational value)
    {
        var high = value.ToDouble();
        return new(high, (value - BigRational.From(high)).ToDouble());
    }

    public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
    {
        var (high, error) = Sum(a.High, b.High);
        var (low, rest) = Sum(a.Low, b.Low);
        var first = new DoubleDouble(high, error + low);
        return new(first.High, first.Low + rest);
    }

    public static DoubleDouble operator -(DoubleDouble a) => new(-a.High, -a.Low, true);

    public static DoubleDouble operator -(DoubleDouble a, DoubleDouble b) => a + (-b);

    public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
    {
        var high = a.High * b.High;
        return new(high, Math.FusedMultiplyAdd(a.High, b.High, -high) + ((a.High * b.Low) + (a.Low * b.High)));
    }

    public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
    {
        var first = a.High / b.High;
        var rest = a - (b * first);
        var second = rest.High / b.High;
        rest -= b * second;
        return new DoubleDouble(first, second) + (rest.High / b.High);
    }

    public static DoubleDouble Abs(DoubleDouble value) => value.IsNegative ? -value : value;

    /// <summary>a + b and what rounding left of it.</summary>
    private static (double Sum, double Error) Sum(double a, double b)
    {
        var sum = a + b;
        var part = sum - a;
        return (sum, (a - (sum - part)) + (b - part));
    }
}
