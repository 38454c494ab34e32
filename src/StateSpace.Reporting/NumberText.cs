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
    public static NumberText Of(double value)
    {
        if (double.IsNaN(value)) return new("NaN", null);
        if (double.IsInfinity(value)) return new(value > 0 ? "∞" : "−∞", null);
        var size = Math.Abs(value);
        if (value == 0 || (size <= LargestWhole && value == Math.Truncate(value))) return new(Minus(value.ToString("0", CultureInfo.InvariantCulture)), null);
        var scientific = value.ToString($"E{Digits - 1}", CultureInfo.InvariantCulture);
        var split = scientific.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(split + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is >= -3 and < Digits) return new(Minus(value.ToString($"G{Digits}", CultureInfo.InvariantCulture)), null);
        return new(Minus(Trimmed(scientific[..split])), exponent);
    }

    /// <summary>Plain text, such as <c>1.0827e+10</c>.</summary>
    public override string ToString() => Exponent is { } exponent ? $"{Mantissa}e{exponent:+0;-0}" : Mantissa;

    private static string Trimmed(string digits) => digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;

    private static string Minus(string text) => text.Replace('-', '−');
}
