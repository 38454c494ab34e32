using System.Globalization;

namespace StateSpace.Reporting.Charts;

/// <summary>A linear axis with ticks at multiples of 1, 2 or 5 times a power of ten.</summary>
internal sealed class LinearScale : AxisScale
{
    private const int AimedTicks = 6;
    private const double Margin = 0.03;

    private LinearScale(double low, double high)
    {
        Low = low;
        High = high;
        Ticks = MakeTicks(low, high);
    }

    public override IReadOnlyList<Tick> Ticks { get; }

    public override double Low { get; }

    public override double High { get; }

    /// <summary>The range with a small margin; a margin never crosses zero, so that quantities without sign start there.</summary>
    public static LinearScale Covering(double low, double high, bool includeZero)
    {
        if (includeZero) (low, high) = (Math.Min(low, 0), Math.Max(high, 0));

        // A range too narrow for its ticks to differ is that of one value, and one too close to zero is zero.
        var size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (size < 1e-290) return new(-1, 1);
        if (high - low < 1e-12 * size) (low, high) = (low - (0.1 * size), high + (0.1 * size));
        var margin = (high - low) * Margin;
        return new(low >= 0 ? Math.Max(0, low - margin) : low - margin, high <= 0 ? Math.Min(0, high + margin) : high + margin);
    }

    /// <summary>Exactly this range.</summary>
    public static LinearScale Exactly(double low, double high) => new(low, high);

    public override double Position(double value) => (value - Low) / (High - Low);

    private static List<Tick> MakeTicks(double low, double high)
    {
        var step = NiceStep((high - low) / AimedTicks);
        var first = Math.Ceiling((low / step) - 1e-9);
        var ticks = new List<double>();
        for (var i = first; i * step <= high + (1e-9 * step) && ticks.Count < 4 * AimedTicks; i++) ticks.Add(i == 0 ? 0 : i * step);
        var largest = ticks.Count == 0 ? 0 : ticks.Max(Math.Abs);
        var exponent = largest > 0 ? (int)Math.Floor(Math.Log10(largest) + 1e-12) : 0;
        var power = exponent is >= 5 or < -3 ? exponent : 0;
        var decimals = Math.Max(0, power - (int)Math.Floor(Math.Log10(step) + 1e-12));
        return [.. ticks.Select(value => new Tick(value, Label(value, power, decimals)))];
    }

    private static double NiceStep(double raw)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var factor = raw / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }

    private static TickLabel Label(double value, int power, int decimals)
    {
        if (value == 0) return new("0");
        var text = (value / Math.Pow(10, power)).ToString("F" + Math.Min(decimals, 15), CultureInfo.InvariantCulture).Replace('-', '−');
        return power == 0 ? new(text) : new(text, power);
    }
}
