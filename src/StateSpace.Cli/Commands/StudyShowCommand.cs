using System.CommandLine;
using StateSpace.Cli.Terminal;
using StateSpace.Reporting;
using StateSpace.Studies;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm study show</c>.</summary>
internal static class StudyShowCommand
{
    public static Command Create(IReadOnlyList<IStudy> studies)
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run, or its name in runs/" };
        var table = new Option<string?>("--table") { Description = "Show this table alone, with all its rows", HelpName = "NAME" };
        var json = CommonOptions.Json("Print the result record (results.json) and nothing else");
        var command = new ProgramCommand(
            "show",
            "Show the outcome of a run: claims that failed, key tables and where its report is.",
            ("ssm study show runs/complex-vs-real-quick", "the summary that the run ended with"),
            ("ssm study show complex-vs-real-quick --table bounds-copy", "one table in full"),
            ("ssm study show complex-vs-real-quick --json", "the result record, for another program"))
        {
            run, table, json,
        };
        command.SetAction(parse => Show(studies, parse.GetRequiredValue(run), parse.GetValue(table), parse.GetValue(json)));
        return command;
    }

    private static int Show(IReadOnlyList<IStudy> studies, string run, string? tableName, bool json)
    {
        var inRuns = Path.Combine("runs", run);
        var folder = RunFolder.Open(!Directory.Exists(run) && Directory.Exists(inRuns) ? inRuns : run);
        if (!folder.IsFinished) throw new UsageException($"{folder.Path} is not finished; continue it with: ssm study run --resume {folder.Path}");
        if (json)
        {
            Console.Out.Write(File.ReadAllText(folder.ResultsPath));
            return ExitCode.Done;
        }

        var result = ResultJson.Read(folder.ResultsPath);
        if (tableName is null)
        {
            ResultSummary.Write(Screen.Output(), StudyCommand.Find(studies, result.Study).Description, folder, result);
            return ExitCode.Done;
        }

        var names = result.Tables.Select(table => table.Name).ToList();
        var found = result.Tables.FirstOrDefault(table => table.Name == tableName)
            ?? throw new UsageException($"{folder.Path} has no table '{tableName}'{ClosestName.Hint(tableName, names)}; it has {string.Join(", ", names)}");
        ResultSummary.WriteTable(Screen.Output(), folder.TablePath(found.Name), found, int.MaxValue);
        return ExitCode.Done;
    }
}
