using System.Globalization;
using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>
/// The result of a study or of a training run as one HTML file that needs nothing else: style sheet and charts are inside, no scripts. The
/// bytes depend on the configuration and the result alone.
/// </summary>
public static class HtmlReport
{
    private const string StyleResource = "StateSpace.Reporting.Html.report.css";

    /// <summary>The page.</summary>
    /// <param name="study">What the study says of itself.</param>
    /// <param name="configuration">What the run computed.</param>
    /// <param name="result">What it found.</param>
    public static string Write(StudyDescription study, RunConfiguration configuration, StudyResult result) => Write(
        new(
            "Study " + study.Name,
            study.Title,
            study.Question,
            study.Paper,
            [.. Facts(configuration)],
            configuration.Program,
            ["results.json", "tables/*.csv", "charts/*.csv", "metrics.jsonl"]),
        ReportPart.Of(result),
        result.Claims);

    /// <summary>The page of any kind of run.</summary>
    internal static string Write(ReportHead head, IReadOnlyList<ReportPart> parts, IReadOnlyList<Claim> claims)
    {
        var page = new Markup();
        page.Raw("<!DOCTYPE html>");
        page.Start("html", ("lang", "en"));
        WriteHead(page, head.Title);
        page.Start("body").Start("div", ("class", "page"));
        WriteContents(page, parts);
        page.Start("main");
        WriteHeader(page, head, claims);
        foreach (var part in parts) WritePart(page, part);
        WriteFooter(page, head);
        page.End().End().End().End();
        return page + "\n";
    }

    private static void WriteHead(Markup page, string title)
    {
        page.Start("head");
        page.Empty("meta", ("charset", "utf-8"));
        page.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        page.Empty("meta", ("name", "color-scheme"), ("content", "light dark"));
        page.Element("title", title);
        page.Start("style").Raw("\n").Raw(Style()).End();
        page.End();
    }

    private static void WriteContents(Markup page, IReadOnlyList<ReportPart> parts)
    {
        page.Start("nav", ("class", "contents"), ("aria-label", "Contents"));
        page.Element("p", "Contents", ("class", "contents-title"));
        page.Start("ol");
        foreach (var part in parts)
        {
            page.Start("li").Element("a", part.Title, ("href", "#" + part.Anchor));
            if (part.Claims.Any(claim => !claim.Holds)) page.Text(" ").Element("span", "✗", ("class", "fails"), ("title", "a claim fails here"));
            page.End();
        }

        page.End().End();
    }

    private static void WriteHeader(Markup page, ReportHead head, IReadOnlyList<Claim> claims)
    {
        page.Start("header");
        page.Element("p", head.Kind, ("class", "kind"));
        page.Element("h1", head.Title);
        page.Element("p", head.Question, ("class", "question"));
        if (head.Source.Length > 0) page.Element("p", head.Source, ("class", "paper"));
        page.Start("dl", ("class", "run"));
        foreach (var (name, value) in head.Facts) page.Start("div").Element("dt", name).Element("dd", value).End();
        page.End();
        ClaimHtml.WriteVerdict(page, claims);
        page.End();
    }

    private static IEnumerable<(string Name, string Value)> Facts(RunConfiguration configuration)
    {
        var options = configuration.Options;
        yield return ("preset", options.Preset);
        yield return ("seed", options.Seed.ToString(CultureInfo.InvariantCulture));
        if (options.Seeds is { } seeds) yield return ("seeds", seeds.ToString(CultureInfo.InvariantCulture));
        if (!options.Device.IsCpu) yield return ("device", options.Device.ToString());
        foreach (var (name, value) in options.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
        {
            if (value.Length > 0) yield return (name, value);
        }
    }

    private static void WritePart(Markup page, ReportPart part)
    {
        page.Start("section", ("id", part.Anchor));
        page.Element("h2", part.Title);
        foreach (var paragraph in part.Text) page.Element("p", paragraph);
        foreach (var chart in part.Charts) ChartHtml.Write(page, chart);
        foreach (var table in part.Tables) TableHtml.Write(page, table);
        if (part.Claims.Count > 0) ClaimHtml.WriteTable(page, part.Claims);
        page.End();
    }

    private static void WriteFooter(Markup page, ReportHead head)
    {
        page.Start("footer").Start("p");
        page.Text($"Made by ssm {head.Program}. The numbers behind the tables and charts are beside this file: ");
        for (var i = 0; i < head.Files.Count; i++) page.Text(i == 0 ? "" : ", ").Element("code", head.Files[i]);
        page.Text(".");
        page.End().End();
    }

    private static string Style()
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream(StyleResource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
