using System.Globalization;

namespace StateSpace.Reporting;

/// <summary>A number as people read it: few significant digits, and a power of ten where it is very large or very small.</summary>
public readonly record struct NumberText
{
    private const int Digits = 5;

    // Whole numbers up to here are shown in full: cutting 114243 to five digits would lose what makes it recognizable.
    private const double LargestWhole = 9_999_999;

    private NumberText(string mantissa, int? exponent)
    {
        Mantissa = mantissa;
        Exponent = exponent;
    }

    /// <summary>The digits, with sign and decimal point.</summary>
    public string Mantissa { get; }

    /// <summary>Power of ten that the mantissa is multiplied by, where there is one.</summary>
    public int? Exponent { get; }

    /// <summary>Five significant digits; whole numbers below ten million in full.</summary>
    /// <param name="value">The number.</param>
    /// <param name="padded">Keeps zeros at the end (0.42410), so that rounded numbers in a column show the same precision.</param>
    public static NumberText Of(double value, bool padded = false)
    {
        if (double.IsNaN(value)) return new("NaN", null);
        if (double.IsInfinity(value)) return new(value > 0 ? "∞" : "-∞", null);
        var size = Math.Abs(value);
        if (value == 0) return new("0", null);
        if (size <= LargestWhole && value == Math.Truncate(value)) return new(value.ToString("0", CultureInfo.InvariantCulture), null);
        var scientific = value.ToString($"E{Digits - 1}", CultureInfo.InvariantCulture);
        var split = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(split + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var decimals = Math.Max(0, Digits - 1 - exponent);
        if (exponent is >= -3 and < Digits) return new(Trimmed(value.ToString($"F{decimals}", CultureInfo.InvariantCulture), padded), null);
        return new(Trimmed(scientific[..split], padded), exponent);
    }

    /// <summary>Whether five significant digits say all of the number.</summary>
    public static bool IsExact(double value) =>
        !double.IsFinite(value) || value == double.Parse(Of(value).ToString(), CultureInfo.InvariantCulture);

    /// <summary>Plain text, such as <c>1.0827e+10</c>.</summary>
    public override string ToString() => Exponent is { } exponent ? $"{Mantissa}e{exponent:+0;-0}" : Mantissa;

    private static string Trimmed(string digits, bool padded) =>
        !padded && digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;
}
