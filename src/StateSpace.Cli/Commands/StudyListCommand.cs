using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Studies;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm study list</c>.</summary>
internal static class StudyListCommand
{
    public static Command Create(IReadOnlyList<IStudy> studies)
    {
        var json = CommonOptions.Json("Print the list as JSON");
        var command = new ProgramCommand(
            "list",
            "List the studies with their presets and settings.",
            ("ssm study list", "a table"),
            ("ssm study list --json", "for another program"))
        {
            json,
        };
        command.SetAction(parse =>
        {
            if (parse.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(studies.Select(study => study.Description), CommonOptions.JsonFormat));
            else Write(studies);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(IReadOnlyList<IStudy> studies)
    {
        var screen = Screen.Output();
        if (studies.Count == 0) screen.WriteLine("This build has no studies.");
        foreach (var study in studies.Select(study => study.Description))
        {
            screen.MarkupLineInterpolated($"[bold]{study.Name}[/]  {study.Title}");
            screen.Write(new Padder(new Text(study.Paper), new Padding(2, 0, 0, 0)));
            var grid = new Grid().AddColumn(new GridColumn().PadLeft(2).PadRight(3).NoWrap()).AddColumn();
            foreach (var preset in study.Presets) grid.AddRow(new Text($"--preset {preset.Name}"), new Text(preset.Description));
            foreach (var setting in study.Settings)
                grid.AddRow(new Text($"--set {setting.Name}={setting.Default}"), new Text(setting.Description));
            screen.Write(grid);
            screen.WriteLine();
        }
    }
}
