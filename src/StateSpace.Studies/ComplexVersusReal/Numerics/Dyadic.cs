using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Doubles as what they are: integers times powers of two.</summary>
internal static class Dyadic
{
    /// <summary>Mantissa and exponent with value = mantissa · 2^exponent, the mantissa odd or zero.</summary>
    public static (BigInteger Mantissa, int Exponent) Split(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException($"Dyadic: {value} is not finite");
        if (value == 0) return (BigInteger.Zero, 0);
        var bits = BitConverter.DoubleToInt64Bits(value);
        var biased = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFF;
        if (biased == 0) biased = 1;
        else mantissa |= 1L << 52;
        var zeros = BitOperations.TrailingZeroCount(mantissa);
        mantissa >>= zeros;
        return (value < 0 ? -mantissa : mantissa, biased - 1075 + zeros);
    }

    /// <summary>All values over one power of two: values[k] = mantissas[k] · 2^exponent, exactly.</summary>
    public static (BigInteger[] Mantissas, int Exponent) Align(ReadOnlySpan<double> values)
    {
        var parts = new (BigInteger Mantissa, int Exponent)[values.Length];
        var exponent = int.MaxValue;
        for (var k = 0; k < values.Length; k++)
        {
            parts[k] = Split(values[k]);
            if (!parts[k].Mantissa.IsZero) exponent = Math.Min(exponent, parts[k].Exponent);
        }

        if (exponent == int.MaxValue) exponent = 0;
        return ([.. parts.Select(part => part.Mantissa.IsZero ? part.Mantissa : part.Mantissa << (part.Exponent - exponent))], exponent);
    }

    /// <summary>mantissa · 2^exponent as a rational number.</summary>
    public static BigRational Scale(BigInteger mantissa, int exponent) =>
        exponent >= 0 ? new(mantissa << exponent, BigInteger.One) : new(mantissa, BigInteger.One << -exponent);
}
