using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Studies;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm study list</c>.</summary>
internal static class StudyListCommand
{
    private static readonly string[] Presets = ["quick", "standard", "paper"];

    public static Command Create(IReadOnlyList<IStudy> studies)
    {
        var names = new Argument<string[]>("NAME") { Description = "Studies to describe with their presets and settings; without one, a line for each", HelpName = "NAME", Arity = ArgumentArity.ZeroOrMore };
        var json = CommonOptions.Json("Print all there is to say as JSON");
        var command = new ProgramCommand(
            "list",
            "List the studies and the time that they take, or describe some.",
            ("ssm study list", "a line for each"),
            ("ssm study list selectivity", "its presets and settings"),
            ("ssm study list --json", "for another program"))
        {
            names, json,
        };
        command.SetAction(parse =>
        {
            var chosen = (parse.GetValue(names) ?? []).Select(name => StudyCommand.Find(studies, name)).ToList();
            if (parse.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize((chosen.Count > 0 ? chosen : studies).Select(study => study.Description), CommonOptions.JsonFormat));
            else if (chosen.Count > 0) Describe(chosen);
            else List(studies);
            return ExitCode.Done;
        });
        return command;
    }

    private static void List(IReadOnlyList<IStudy> studies)
    {
        var screen = Screen.Output();
        if (studies.Count == 0)
        {
            screen.WriteLine("This build has no studies.");
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn("study") { NoWrap = true }).AddColumn("what");
        foreach (var preset in Presets) table.AddColumn(new TableColumn(preset) { NoWrap = true, Alignment = Justify.Right });
        foreach (var study in studies.Select(study => study.Description))
        {
            var times = Presets.Select(name => study.Presets.FirstOrDefault(preset => preset.Name == name)?.Time ?? "");
            table.AddRow([study.Name, study.Title, .. times]);
        }

        screen.Write(table);
        screen.WriteLine("Times are of two free cores of a desktop processor. 'ssm study list NAME' says what each preset computes.");
    }

    private static void Describe(IReadOnlyList<IStudy> studies)
    {
        var screen = Screen.Output();
        foreach (var study in studies.Select(study => study.Description))
        {
            screen.MarkupLineInterpolated($"[bold]{study.Name}[/]  {study.Title}");
            screen.Write(new Padder(new Text(study.Paper), new Padding(2, 0, 0, 0)));
            var grid = new Grid().AddColumn(new GridColumn().PadLeft(2).PadRight(3).NoWrap()).AddColumn();
            foreach (var preset in study.Presets) grid.AddRow(new Text($"--preset {preset.Name}"), new Text($"{preset.Description} On two cores: {preset.Time}."));
            foreach (var setting in study.Settings)
                grid.AddRow(new Text($"--set {setting.Name}={setting.Default}"), new Text(setting.Description));
            if (study.CanUseGpu) grid.AddRow(new Text("--device cuda"), new Text("Trains on a GPU."));
            screen.Write(grid);
            screen.WriteLine();
        }
    }
}
