using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// An exact quotient of two integers. It is not reduced to lowest terms: the solves here end after few operations, and a greatest common
/// divisor of numbers with ten thousands of bits costs more than it saves.
/// </summary>
internal readonly struct BigRational
{
    private readonly BigInteger _denominator;

    public BigRational(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero) throw new DivideByZeroException("BigRational: the denominator is 0");
        (Numerator, _denominator) = denominator.Sign < 0 ? (-numerator, -denominator) : (numerator, denominator);
    }

    public BigInteger Numerator { get; }

    /// <summary>Positive; 1 for the default value, which is zero.</summary>
    public BigInteger Denominator => _denominator.IsZero ? BigInteger.One : _denominator;

    /// <summary>The value of a double, exactly.</summary>
    public static BigRational From(double value)
    {
        var (mantissa, exponent) = Dyadic.Split(value);
        return exponent >= 0 ? new(mantissa << exponent, 1) : new(mantissa, BigInteger.One << -exponent);
    }

    public static BigRational operator +(BigRational left, BigRational right) =>
        new((left.Numerator * right.Denominator) + (right.Numerator * left.Denominator), left.Denominator * right.Denominator);

    public static BigRational operator -(BigRational left, BigRational right) =>
        new((left.Numerator * right.Denominator) - (right.Numerator * left.Denominator), left.Denominator * right.Denominator);

    public static BigRational operator *(BigRational left, BigRational right) =>
        new(left.Numerator * right.Numerator, left.Denominator * right.Denominator);

    public static BigRational Abs(BigRational value) => new(BigInteger.Abs(value.Numerator), value.Denominator);

    /// <summary>The nearest double, ties to even; infinite beyond the range.</summary>
    public double ToDouble() => Round(53, -1074, 1024);

    /// <summary>The nearest float32, ties to even, as a double; infinite beyond the range.</summary>
    public double ToSingle() => Round(24, -149, 128);

    /// <param name="precision">Significant bits.</param>
    /// <param name="smallest">Exponent of the smallest positive value.</param>
    /// <param name="overflow">Values of 2^overflow or more are infinite.</param>
    private double Round(int precision, int smallest, int overflow)
    {
        if (Numerator.IsZero) return 0;
        var magnitude = BigInteger.Abs(Numerator);

        // 2^(top−1) < |value| < 2^(top+1), so that a unit of 2^(top−precision−2) leaves at least precision + 1 bits before rounding.
        var top = magnitude.GetBitLength() - Denominator.GetBitLength();
        var unit = (int)Math.Max(top - precision - 2, smallest - 2L);
        var quotient = unit >= 0
            ? BigInteger.DivRem(magnitude, Denominator << unit, out var remainder)
            : BigInteger.DivRem(magnitude << -unit, Denominator, out remainder);

        var dropped = Math.Max((int)quotient.GetBitLength() - precision, smallest - unit);
        var kept = quotient >> dropped;
        var rest = quotient - (kept << dropped);
        var half = BigInteger.One << (dropped - 1);
        var comparison = rest.CompareTo(half);
        if (comparison > 0 || (comparison == 0 && (!remainder.IsZero || !kept.IsEven))) kept += 1;
        var exponent = unit + dropped;
        if (exponent + kept.GetBitLength() > overflow) return Numerator.Sign * double.PositiveInfinity;

        // At most 53 bits: the conversion is exact, and so is the scaling, for a subnormal result too since the unit was clamped to it.
        return Numerator.Sign * Math.ScaleB((double)kept, exponent);
    }
}
