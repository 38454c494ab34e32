using System.Text.RegularExpressions;

namespace StateSpace.Studies;

/// <summary>What every plan and conclusion must satisfy before it goes into files; a violation is a mistake in the study.</summary>
internal static partial class ResultCheck
{
    public static void Plan(string study, IReadOnlyList<StudyJob> jobs)
    {
        Unique(study, "job", jobs.Select(job => job.Id));
        foreach (var job in jobs)
            if (!double.IsFinite(job.Weight) || job.Weight < 0) throw Mistake(study, $"job {job.Id} has weight {job.Weight}");
    }

    public static void Conclusion(string study, StudyConclusion conclusion)
    {
        Unique(study, "claim", conclusion.Claims.Select(claim => claim.Id));
        Unique(study, "table", conclusion.Tables.Select(table => table.Name));
        Unique(study, "chart", conclusion.Charts.Select(chart => chart.Name));
        foreach (var name in conclusion.Tables.Select(table => table.Name).Concat(conclusion.Charts.Select(chart => chart.Name)))
            if (!FileName().IsMatch(name)) throw Mistake(study, $"'{name}' does not make a file name: lower-case letters, digits, dots and hyphens only");

        foreach (var table in conclusion.Tables)
            for (var row = 0; row < table.Rows.Count; row++)
                if (table.Rows[row].Count != table.Columns.Count)
                    throw Mistake(study, $"row {row} of table {table.Name} has {table.Rows[row].Count} cells for {table.Columns.Count} columns");

        foreach (var chart in conclusion.Charts)
        {
            if (chart.Series.Count == 0) throw Mistake(study, $"chart {chart.Name} has no series");
            foreach (var series in chart.Series)
                if (series.X.Count != series.Y.Count)
                    throw Mistake(study, $"series {series.Name} of chart {chart.Name} has {series.X.Count} x for {series.Y.Count} y");
        }

        foreach (var section in conclusion.Sections)
        {
            Known(study, section, "table", section.Tables, conclusion.Tables.Select(table => table.Name));
            Known(study, section, "chart", section.Charts, conclusion.Charts.Select(chart => chart.Name));
            Known(study, section, "claim", section.Claims, conclusion.Claims.Select(claim => claim.Id));
        }
    }

    private static void Unique(string study, string kind, IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            if (!seen.Add(name)) throw Mistake(study, $"{kind} {name} is there twice");
    }

    private static void Known(string study, ReportSection section, string kind, IReadOnlyList<string> names, IEnumerable<string> known)
    {
        if (names.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } name)
            throw Mistake(study, $"section '{section.Title}' names the {kind} {name}, which is not there");
    }

    private static InvalidOperationException Mistake(string study, string what) => new($"study {study}: {what}");

    [GeneratedRegex("^[a-z0-9]+([.-][a-z0-9]+)*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}
