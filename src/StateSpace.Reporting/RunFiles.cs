using StateSpace.Studies;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Reporting;

/// <summary>Writes what a finished run leaves in its folder.</summary>
public static class RunFiles
{
    /// <summary>
    /// Writes the tables, the charts' data, the result record and the report, each whole or not at all. The result record comes after
    /// the CSV files and marks the run as finished.
    /// </summary>
    /// <param name="folder">The run.</param>
    /// <param name="description">The study.</param>
    /// <param name="result">What it found.</param>
    /// <exception cref="RunFolderException">A file cannot be written.</exception>
    public static void Write(RunFolder folder, StudyDescription description, StudyResult result)
    {
        foreach (var table in result.Tables) AtomicFile.WriteText(folder.TablePath(table.Name), Csv.Write(table));
        foreach (var chart in result.Charts) AtomicFile.WriteText(folder.ChartPath(chart.Name), Csv.Write(chart));
        AtomicFile.WriteText(folder.ResultsPath, ResultJson.Write(result));
        WriteReport(folder, description, result);
    }

    /// <summary>Writes the report alone, from a result that was read back.</summary>
    /// <inheritdoc cref="Write" path="/param"/>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void WriteReport(RunFolder folder, StudyDescription description, StudyResult result) =>
        AtomicFile.WriteText(folder.ReportPath, HtmlReport.Write(description, folder.Configuration, result));
}
