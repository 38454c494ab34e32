namespace StateSpace.Reporting.Charts;

/// <summary>Maps the values of an axis to 0 … 1 and knows where its ticks are.</summary>
internal abstract class AxisScale
{
    private const double Largest = 1e300;

    /// <summary>Ticks from the lowest to the highest.</summary>
    public abstract IReadOnlyList<Tick> Ticks { get; }

    /// <summary>The smallest value on the axis.</summary>
    public abstract double Low { get; }

    /// <summary>The largest value on the axis.</summary>
    public abstract double High { get; }

    /// <summary>Where a value lies, 0 at <see cref="Low"/> and 1 at <see cref="High"/>.</summary>
    public abstract double Position(double value);

    /// <summary>Whether a value can be drawn at all.</summary>
    public bool Accepts(double value) => CanDraw(this is LogScale, value);

    /// <summary>Whether an axis of this kind can show a value; the very largest are left out, so that no difference overflows.</summary>
    public static bool CanDraw(bool logarithmic, double value) => Math.Abs(value) <= Largest && (!logarithmic || value > 0);

    /// <summary>The scale that shows all of these values that it can.</summary>
    /// <param name="logarithmic">Base-10 logarithmic.</param>
    /// <param name="values">Values; those that cannot be drawn are left out.</param>
    /// <param name="includeZero">Stretches a linear axis to zero.</param>
    public static AxisScale Of(bool logarithmic, IEnumerable<double> values, bool includeZero = false)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            if (!CanDraw(logarithmic, value)) continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (low > high) (low, high) = logarithmic ? (1, 10) : (0, 1);
        return logarithmic ? LogScale.Covering(low, high) : LinearScale.Covering(low, high, includeZero);
    }
}

/// <summary>A mark on an axis.</summary>
/// <param name="Value">Where.</param>
/// <param name="Label">Its text; null for a grid line without one.</param>
internal readonly record struct Tick(double Value, TickLabel? Label);

/// <summary>A number, or a number times a power of ten.</summary>
/// <param name="Text">The number; empty where the label is the power alone.</param>
/// <param name="Exponent">The power of ten, if any.</param>
internal readonly record struct TickLabel(string Text, int? Exponent = null)
{
    /// <summary>The part before the superscript.</summary>
    public string Base => Exponent is null ? Text : Text.Length == 0 ? "10" : Text + "×10";

    /// <summary>The superscript; empty where there is none.</summary>
    public string Superscript => Exponent is { } exponent ? exponent.ToString(System.Globalization.CultureInfo.InvariantCulture).Replace('-', '−') : "";

    /// <summary>Characters, for estimating the width.</summary>
    public double Length => Base.Length + (0.75 * Superscript.Length);
}
