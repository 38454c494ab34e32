namespace StateSpace.Studies;

/// <summary>What a study found: everything that a report, a table in a terminal or another program needs, and nothing else.</summary>
/// <param name="Study">Name on the command line, such as <c>complex-vs-real</c>.</param>
/// <param name="Preset">quick, standard or paper.</param>
/// <param name="Seed">First seed of the run.</param>
/// <param name="ElapsedSeconds">Wall-clock time of the computation; of a run that was interrupted, that of its last part.</param>
/// <param name="Claims">Every claim, in reading order.</param>
/// <param name="Tables">Every table, in reading order; names are unique and make file names.</param>
/// <param name="Charts">Every chart, in reading order; names are unique and make file names.</param>
/// <param name="Sections">The order in which a report tells it; each names tables, charts and claims by name.</param>
public sealed record StudyResult(
    string Study,
    string Preset,
    long Seed,
    double ElapsedSeconds,
    IReadOnlyList<Claim> Claims,
    IReadOnlyList<ResultTable> Tables,
    IReadOnlyList<Chart> Charts,
    IReadOnlyList<ReportSection> Sections);

/// <summary>A table: column headings and rows of the same length.</summary>
/// <param name="Name">Unique lower-case name with hyphens.</param>
/// <param name="Title">Caption.</param>
/// <param name="Columns">Headings, with units where there are any.</param>
/// <param name="Rows">Rows of <see cref="Columns"/>.Count cells.</param>
/// <param name="Note">What a reader must know beside the numbers (source, tolerance, missing values); may be empty.</param>
public sealed record ResultTable(string Name, string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows, string Note = "");

/// <summary>One part of a report.</summary>
/// <param name="Title">Heading.</param>
/// <param name="Text">Paragraphs, plain text; an empty list where the tables speak for themselves.</param>
/// <param name="Tables">Names of the tables shown here.</param>
/// <param name="Charts">Names of the charts shown here.</param>
/// <param name="Claims">Ids of the claims that this part supports.</param>
public sealed record ReportSection(
    string Title,
    IReadOnlyList<string> Text,
    IReadOnlyList<string> Tables,
    IReadOnlyList<string> Charts,
    IReadOnlyList<string> Claims);
