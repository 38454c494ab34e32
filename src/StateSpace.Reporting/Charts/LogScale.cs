using System.Globalization;

namespace StateSpace.Reporting.Charts;

/// <summary>A base-10 logarithmic axis: labels at decades, or at 1, 2 and 5 where it spans few of them.</summary>
internal sealed class LogScale : AxisScale
{
    private const int MostLabels = 8;
    private const double Margin = 0.03;

    // Wider spans would only blacken the page with lines between the decades.
    private const int MostDecadesWithMinorLines = 4;

    private readonly double _low;
    private readonly double _high;

    private LogScale(double low, double high)
    {
        (_low, _high) = (low, high);
        Ticks = MakeTicks();
    }

    public override IReadOnlyList<Tick> Ticks { get; }

    public override double Low => Math.Pow(10, _low);

    public override double High => Math.Pow(10, _high);

    /// <summary>The range with a small margin, and at least wide enough for two labels.</summary>
    public static LogScale Covering(double low, double high)
    {
        var (from, to) = (Math.Log10(low), Math.Log10(high));
        var margin = Math.Max(Margin * (to - from), 0.02);
        (from, to) = (from - margin, to + margin);
        if (to - from < 0.8)
        {
            var middle = (from + to) / 2;
            (from, to) = (middle - 0.4, middle + 0.4);
        }

        return new(from, to);
    }

    public override double Position(double value) => (Math.Log10(value) - _low) / (_high - _low);

    private List<Tick> MakeTicks()
    {
        var (first, last) = ((int)Math.Ceiling(_low - 1e-9), (int)Math.Floor(_high + 1e-9));
        var decades = last - first + 1;
        var labelsBetween = decades < 3;
        var stride = Math.Max(1, (decades + MostLabels - 1) / MostLabels);
        var plain = _low >= -3.5 && _high <= 4.5;
        var ticks = new List<Tick>();
        for (var decade = first - 1; decade <= last; decade++)
        {
            foreach (var digit in Enumerable.Range(1, decades <= MostDecadesWithMinorLines ? 9 : 1))
            {
                var position = decade + Math.Log10(digit);
                if (position < _low - 1e-9 || position > _high + 1e-9) continue;
                var labelled = digit == 1 ? Modulo(decade, stride) == 0 : labelsBetween && (digit is 2 or 5);
                if (labelled || digit > 1) ticks.Add(new(Value(decade, digit), labelled ? Label(decade, digit, plain) : null));
            }
        }

        return ticks;
    }

    private static int Modulo(int value, int divisor) => ((value % divisor) + divisor) % divisor;

    // Parsing gives the double nearest to the decimal number; powers of ten by Math.Pow may be off by a bit.
    private static double Value(int decade, int digit) => double.Parse($"{digit}e{decade}", CultureInfo.InvariantCulture);

    private static TickLabel Label(int decade, int digit, bool plain)
    {
        if (plain) return new(Value(decade, digit).ToString("0.####", CultureInfo.InvariantCulture));
        return new(digit == 1 ? "" : digit.ToString(CultureInfo.InvariantCulture), decade);
    }
}
