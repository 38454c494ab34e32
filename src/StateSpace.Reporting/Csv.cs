using System.Buffers;
using System.Text;
using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>Tables and chart data as CSV after RFC 4180; numbers read back with the same bits.</summary>
public static class Csv
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    /// <summary>A header line and a line per row.</summary>
    public static string Write(ResultTable table)
    {
        var text = new StringBuilder();
        AppendLine(text, table.Columns);
        foreach (var row in table.Rows) AppendLine(text, row.Select(cell => cell.ToString()));
        return text.ToString();
    }

    /// <summary>The columns series, x, y and a line per point, as it is in the chart.</summary>
    public static string Write(Chart chart)
    {
        var text = new StringBuilder();
        AppendLine(text, ["series", chart.X.Label, chart.Y.Label]);
        foreach (var series in chart.Series)
            for (var i = 0; i < series.X.Count; i++)
                AppendLine(text, [series.Name, ((Cell)series.X[i]).ToString(), ((Cell)series.Y[i]).ToString()]);
        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, IEnumerable<string> fields)
    {
        var first = true;
        foreach (var field in fields)
        {
            if (!first) text.Append(',');
            first = false;
            if (field.AsSpan().ContainsAny(Quoted)) text.Append('"').Append(field.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            else text.Append(field);
        }

        text.Append("\r\n");
    }
}
