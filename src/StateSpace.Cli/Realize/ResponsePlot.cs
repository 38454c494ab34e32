namespace StateSpace.Cli.Realize;

/// <summary>A series as columns of block characters above and below a line of zero.</summary>
internal static class ResponsePlot
{
    private const int Rows = 4;
    private const string Rising = " ▁▂▃▄▅▆▇█";

    /// <summary>The plot's lines, at most <paramref name="width"/> wide; a longer series shows the largest magnitude of each group.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<double> values, int width)
    {
        var group = (values.Count + width - 1) / width;
        var columns = values.Chunk(group).Select(part => part.MaxBy(Math.Abs)).ToArray();
        var largest = Math.Max(columns.Max(Math.Abs), double.Epsilon);
        var scaled = columns.Select(value => value / largest * Rows).ToArray();
        for (var row = Rows; row >= 1; row--) yield return new([.. scaled.Select(value => Block(value - (row - 1)))]);
        yield return new('─', columns.Length);
        if (!Array.Exists(scaled, value => value < 0)) yield break;

        // There are no blocks that hang from the top in all fonts: below zero a cell is full or half.
        for (var row = 1; row <= Rows; row++) yield return new([.. scaled.Select(value => -value - (row - 1) is var depth && depth >= 0.75 ? '█' : depth >= 0.25 ? '▀' : ' ')]);
    }

    private static char Block(double height) => Rising[(int)Math.Round(Math.Clamp(height, 0, 1) * 8)];
}
