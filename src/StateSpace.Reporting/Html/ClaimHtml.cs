using StateSpace.Studies;

namespace StateSpace.Reporting;

/// <summary>Claims with their verdicts; a verdict is a mark and a word, never a colour alone.</summary>
internal static class ClaimHtml
{
    /// <summary>How many hold, and the ones that fail with a link to each.</summary>
    public static void WriteVerdict(Markup page, IReadOnlyList<Claim> claims)
    {
        var failed = claims.Where(claim => !claim.Holds).ToList();
        if (claims.Count == 0) return;
        page.Start("div", ("class", failed.Count == 0 ? "verdict holds" : "verdict fails"));
        page.Start("p").Element("span", failed.Count == 0 ? "✓" : "✗", ("class", "mark"), ("aria-hidden", "true"));
        page.Text($" {claims.Count - failed.Count} of {claims.Count} claims hold").End();
        if (failed.Count > 0)
        {
            page.Start("ul");
            foreach (var claim in failed) page.Start("li").Element("a", claim.Statement, ("href", "#" + Anchor(claim))).End();
            page.End();
        }

        page.End();
    }

    /// <summary>The claims of a part.</summary>
    public static void WriteTable(Markup page, IReadOnlyList<Claim> claims)
    {
        page.Start("figure", ("class", "claims"));
        page.Element("figcaption", claims.Count == 1 ? "Claim" : "Claims");
        page.Start("div", ("class", "scroll")).Start("table");
        page.Start("thead").Start("tr");
        foreach (var heading in new[] { "Verdict", "Statement and source" }) page.Element("th", heading, ("scope", "col"));
        foreach (var heading in new[] { "Expected", "Measured" }) page.Element("th", heading, ("scope", "col"), ("class", "number"));
        page.End().End().Start("tbody");
        foreach (var claim in claims) WriteRow(page, claim);
        page.End().End().End().End();
    }

    private static void WriteRow(Markup page, Claim claim)
    {
        page.Start("tr", ("id", Anchor(claim)), ("class", claim.Holds ? "holds" : "fails"));
        page.Start("td", ("class", "verdict")).Element("span", claim.Holds ? "✓ holds" : "✗ fails", ("class", "mark")).End();
        page.Start("td", ("class", "statement")).Text(claim.Statement);
        page.Start("small").Text(claim.Source).Text(" ").Element("code", claim.Id).End().End();
        page.Element("td", claim.Expected, ("class", claim.Expected.Length <= CellHtml.LongestUnbroken ? "number" : "number long"));
        CellHtml.WriteCell(page, claim.Measured, new ColumnFormat(IsNumeric: true, IsPadded: false));
        page.End();
    }

    private static string Anchor(Claim claim) => "claim-" + claim.Id;
}
