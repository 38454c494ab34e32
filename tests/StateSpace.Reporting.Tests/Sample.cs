using StateSpace.Studies;

namespace StateSpace.Reporting.Tests;

/// <summary>A result with something of everything, hostile texts and numbers included.</summary>
internal static class Sample
{
    public const string Hostile = "<script>alert(\"1\")</script> & 'quotes' \u0001 ∞ 𝔸";

    public static readonly StudyDescription Description = new(
        "sample", "A title with <angle> & ampersand", Hostile, "Author, \"Title\", 2024.", [new("depth", "Depth", "3")], [new("quick", "A little", "1 s")]);

    public static readonly RunConfiguration Configuration = new(
        1, "1.2.3", "sample", new("quick", 7, 3, new Dictionary<string, string>(StringComparer.Ordinal) { ["depth"] = "<3>", ["alpha"] = "1" }));

    public static readonly StudyResult Result = new(
        "sample",
        "quick",
        7,
        12.345,
        [
            Claim.AtMost("loss.real", "The loss is at most 1 & " + Hostile, "Paper, eq. 2", 1, 0.25),
            Claim.AtLeast("loss.complex", "The loss is at least 1", "own analysis", 1, double.NaN),
            Claim.Exactly("bound", "The bound is exact", "own analysis", "10827497472", "10827497472"),
        ],
        [
            new("bounds", "Bounds", ["t", "bound, \"exact\"", "name"], [[9, 160, "copy"], [32, 10827497472, Hostile], [64, double.PositiveInfinity, ""], [0.1, double.NaN, "a,b\nc"]], "A note."),
            new("alone", "Named by no section", ["x"], [[1.0 / 3]]),
        ],
        [
            new("curve", "Curve " + Hostile, new("t"), new("loss", Logarithmic: true), [
                new("real", [1, 2, 3], [0.1, 0, double.NaN]),
                new("complex", [1, 2, 3], [1e-9, 1e-3, 2], SeriesStyle.LineAndPoints),
            ], "A caption."),
        ],
        [new("First", ["A paragraph with " + Hostile], ["bounds"], ["curve"], ["loss.real"]), new("Second", [], [], [], ["loss.complex", "bound"])]);
}
