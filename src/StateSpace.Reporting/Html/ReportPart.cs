using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>A section with what it names. What no section names comes last, so that a report never leaves anything out.</summary>
internal sealed record ReportPart(
    string Title, string Anchor, IReadOnlyList<string> Text, IReadOnlyList<ResultTable> Tables, IReadOnlyList<Chart> Charts, IReadOnlyList<Claim> Claims)
{
    public static IReadOnlyList<ReportPart> Of(StudyResult result)
    {
        var tables = result.Tables.ToDictionary(table => table.Name, StringComparer.Ordinal);
        var charts = result.Charts.ToDictionary(chart => chart.Name, StringComparer.Ordinal);
        var claims = result.Claims.ToDictionary(claim => claim.Id, StringComparer.Ordinal);
        var parts = result.Sections
            .Select((section, i) => new ReportPart(
                section.Title,
                $"part-{i + 1}",
                section.Text,
                [.. section.Tables.Select(name => tables[name])],
                [.. section.Charts.Select(name => charts[name])],
                [.. section.Claims.Select(id => claims[id])]))
            .ToList();
        var rest = new ReportPart(
            parts.Count == 0 ? "Results" : "Further results",
            $"part-{parts.Count + 1}",
            [],
            [.. result.Tables.Where(table => !result.Sections.Any(section => section.Tables.Contains(table.Name)))],
            [.. result.Charts.Where(chart => !result.Sections.Any(section => section.Charts.Contains(chart.Name)))],
            [.. result.Claims.Where(claim => !result.Sections.Any(section => section.Claims.Contains(claim.Id)))]);
        if (rest.Tables.Count + rest.Charts.Count + rest.Claims.Count > 0) parts.Add(rest);
        return parts;
    }
}
