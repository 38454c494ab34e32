using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using StateSpace.Studies;

namespace StateSpace.Reporting.Tests.Html;

public sealed class HtmlReportTests
{
    private static readonly string Page = HtmlReport.Write(Sample.Description, Sample.Configuration, Sample.Result);
    private static readonly XElement Root = Parse(Page);

    [Fact]
    public void The_page_needs_nothing_from_elsewhere()
    {
        Assert.DoesNotContain("<script", Page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<link", Page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", Page, StringComparison.Ordinal);
        Assert.DoesNotMatch("https?:", Page);
        foreach (var reference in Root.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "href" or "src"))
            Assert.StartsWith("#", reference.Value, StringComparison.Ordinal);
        Assert.All(Regex.Matches(Page, @"url\(([^)]*)\)").Select(match => match.Groups[1].Value), url => Assert.StartsWith("#", url, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_link_and_label_leads_somewhere_and_ids_are_unique()
    {
        var ids = Root.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        foreach (var link in Root.Descendants().Attributes("href")) Assert.Contains(link.Value[1..], ids);
        foreach (var label in Root.Descendants().Attributes("aria-labelledby").SelectMany(label => label.Value.Split(' '))) Assert.Contains(label, ids);
    }

    [Fact]
    public void The_same_result_gives_the_same_bytes_whatever_the_time_it_took()
    {
        Assert.Equal(Page, HtmlReport.Write(Sample.Description, Sample.Configuration, Sample.Result with { ElapsedSeconds = 99 }));
        Assert.DoesNotContain("12.345", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_header_says_what_was_run_and_how_many_claims_hold()
    {
        var text = Text(Root.Descendants("header").Single());
        foreach (var part in new[] { Sample.Description.Title, Sample.Description.Paper, "preset", "quick", "seed", "7", "seeds", "3", "depth", "<3>", "alpha", "2 of 3 claims hold" })
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Equal("#claim-loss.complex", Root.Descendants("header").Descendants("a").Single().Attribute("href")!.Value);
    }

    [Fact]
    public void Where_all_claims_hold_the_verdict_says_so()
    {
        var page = Parse(HtmlReport.Write(Sample.Description, Sample.Configuration, Sample.Result with { Claims = [Sample.Result.Claims[0], Sample.Result.Claims[2]], Sections = [] }));
        var verdict = page.Descendants("header").Elements("div").Single();
        Assert.Equal("verdict holds", verdict.Attribute("class")!.Value);
        Assert.Contains("2 of 2 claims hold", Text(verdict), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_section_is_in_the_contents_and_what_none_names_comes_last()
    {
        string[] titles = ["First", "Second", "Further results"];
        Assert.Equal(titles, Root.Descendants("nav").Descendants("a").Select(Text));
        Assert.Equal(titles, Root.Descendants("h2").Select(Text));
        Assert.Contains(Root.Descendants("section").Last().Descendants("figure"), figure => figure.Attribute("id")!.Value == "table-alone");
    }

    [Fact]
    public void Every_table_chart_and_claim_is_shown_once()
    {
        var ids = Root.Descendants().Attributes("id").Select(id => id.Value).ToList();
        foreach (var table in Sample.Result.Tables) Assert.Single(ids, "table-" + table.Name);
        foreach (var chart in Sample.Result.Charts) Assert.Single(ids, "chart-" + chart.Name);
        foreach (var claim in Sample.Result.Claims) Assert.Single(ids, "claim-" + claim.Id);
    }

    [Fact]
    public void A_verdict_is_a_mark_and_a_word_and_not_a_colour_alone()
    {
        Assert.Contains("✓ holds", Text(Row("loss.real")), StringComparison.Ordinal);
        Assert.Contains("✗ fails", Text(Row("loss.complex")), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_are_short_and_right_aligned_with_the_full_value_on_hover()
    {
        var cell = Root.Descendants("figure").Single(figure => figure.Attribute("id")?.Value == "table-alone").Descendants("td").Single();
        Assert.Equal(("number", "0.3333333333333333", "0.33333"), (cell.Attribute("class")!.Value, cell.Attribute("title")!.Value, Text(cell)));
        var bounds = Root.Descendants("figure").Single(figure => figure.Attribute("id")?.Value == "table-bounds").Descendants("td").ToList();
        Assert.Equal("1.0827×1010", Text(bounds[4]));
        Assert.Equal("10827497472", bounds[4].Attribute("title")!.Value);
        Assert.Equal(["∞", "NaN"], new[] { Text(bounds[7]), Text(bounds[10]) });
        Assert.Null(bounds[2].Attribute("class"));
    }

    [Fact]
    public void The_data_behind_a_chart_is_below_it()
    {
        var details = Root.Descendants("details").Single();
        Assert.Equal(["t", "real", "complex"], details.Descendants("th").Select(Text));
        Assert.Equal(3, details.Descendants("tbody").Elements("tr").Count());
    }

    [Fact]
    public void Long_data_is_cut_and_the_file_with_all_of_it_is_named()
    {
        double[] x = [.. Enumerable.Range(0, 1000).Select(i => (double)i)];
        var chart = new Chart("long", "Long", new("x"), new("y"), [new("a", x, x), new("b", [1], [1])]);
        var page = Parse(HtmlReport.Write(Sample.Description, Sample.Configuration, Sample.Result with { Charts = [chart], Sections = [] }));
        var details = page.Descendants("details").Single();
        Assert.Equal(400, details.Descendants("tbody").Elements("tr").Count());
        Assert.Contains("The first 400 of 1001 rows; all are in charts/long.csv.", Text(details), StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_without_claims_tables_and_charts_is_still_a_page() =>
        Assert.Equal("html", Parse(HtmlReport.Write(Sample.Description, Sample.Configuration, new("sample", "quick", 0, 1, [], [], [], []))).Name.LocalName);

    internal static XElement Parse(string page)
    {
        using var reader = XmlReader.Create(new StringReader(page), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!;
    }

    private static XElement Row(string claim) => Root.Descendants("tr").Single(row => row.Attribute("id")?.Value == "claim-" + claim);

    private static string Text(XElement element) => element.Value;
}
