namespace StateSpace.Studies;

/// <summary>A chart as data: what to draw, not how.</summary>
/// <param name="Name">Unique lower-case name with hyphens.</param>
/// <param name="Title">Heading.</param>
/// <param name="X">Horizontal axis.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Series">Lines or point sets, at least one.</param>
/// <param name="Note">Caption: what to see; may be empty.</param>
/// <param name="UnitCircle">Whether to draw the unit circle and keep both axes at one scale (eigenvalue plots).</param>
public sealed record Chart(string Name, string Title, ChartAxis X, ChartAxis Y, IReadOnlyList<ChartSeries> Series, string Note = "", bool UnitCircle = false);

/// <summary>An axis.</summary>
/// <param name="Label">Quantity with its unit or symbol.</param>
/// <param name="Logarithmic">Base-10 logarithmic scale; values that are not positive are then left out.</param>
public sealed record ChartAxis(string Label, bool Logarithmic = false);

/// <summary>A set of points (x, y).</summary>
/// <param name="Name">Legend text.</param>
/// <param name="X">Horizontal coordinates.</param>
/// <param name="Y">Vertical coordinates, as many as <see cref="X"/>.</param>
/// <param name="Style">How the points are joined.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, SeriesStyle Style = SeriesStyle.Line);

/// <summary>How a series is drawn.</summary>
public enum SeriesStyle
{
    /// <summary>A line through the points.</summary>
    Line,

    /// <summary>A dashed line, for a reference such as a bound or a target.</summary>
    Dashed,

    /// <summary>Points alone.</summary>
    Points,

    /// <summary>A line with a mark at each point.</summary>
    LineAndPoints,

    /// <summary>A vertical stem from zero to each point (impulse responses).</summary>
    Stems,
}
