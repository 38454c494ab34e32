namespace StateSpace.Reporting.Charts;

/// <summary>Leaves out points that no eye can see, so that a line through a million points stays a small drawing.</summary>
internal static class Thinning
{
    private const double PointsPerPixel = 4;

    /// <summary>
    /// The points themselves, or for very many from left to right: of each pixel column the first, the lowest, the highest and
    /// the last, which draw the same line.
    /// </summary>
    public static IEnumerable<Point> ByPixelColumn(IReadOnlyList<Point> points, double width)
    {
        if (points.Count <= PointsPerPixel * width || !IsLeftToRight(points)) return points;
        return points.GroupBy(point => Math.Floor(point.X)).SelectMany(Extremes);
    }

    private static IEnumerable<Point> Extremes(IEnumerable<Point> column)
    {
        var points = column.ToList();
        var (low, high) = (0, 0);
        for (var i = 1; i < points.Count; i++)
        {
            if (points[i].Y < points[low].Y) low = i;
            if (points[i].Y > points[high].Y) high = i;
        }

        return new SortedSet<int> { 0, low, high, points.Count - 1 }.Select(i => points[i]);
    }

    private static bool IsLeftToRight(IReadOnlyList<Point> points)
    {
        for (var i = 1; i < points.Count; i++)
            if (points[i].X < points[i - 1].X) return false;
        return true;
    }
}
