namespace StateSpace.Reporting;

/// <summary>What stands above the parts of a report, and in its footer.</summary>
/// <param name="Kind">What it is a report of, such as "Study NAME".</param>
/// <param name="Title">Heading.</param>
/// <param name="Question">What was asked, in a paragraph.</param>
/// <param name="Source">Citation or data; may be empty.</param>
/// <param name="Facts">Settings by name.</param>
/// <param name="Program">Version of the program.</param>
/// <param name="Files">Files beside the report that hold its numbers.</param>
internal sealed record ReportHead(
    string Kind, string Title, string Question, string Source, IReadOnlyList<(string Name, string Value)> Facts, string Program, IReadOnlyList<string> Files);
