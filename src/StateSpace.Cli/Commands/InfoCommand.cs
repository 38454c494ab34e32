using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Studies;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm info</c>.</summary>
internal static class InfoCommand
{
    public static Command Create(IReadOnlyList<IStudy> studies)
    {
        var json = CommonOptions.Json("Print the facts as JSON");
        var command = new ProgramCommand(
            "info",
            "Show what this program finds: processor, vector instructions and kernels in use, GPU or why there is none, data.",
            ("ssm info", "a table"),
            ("ssm info --json", "for a bug report or another program"))
        {
            json,
        };
        command.SetAction(parse =>
        {
            var facts = Machine.Facts(studies);
            if (parse.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(facts.ToDictionary(fact => fact.Name, fact => fact.Value), CommonOptions.JsonFormat));
            else Write(facts);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(IReadOnlyList<(string Name, string Value)> facts)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        foreach (var (name, value) in facts) grid.AddRow(new Markup($"[bold]{Markup.Escape(name)}[/]"), new Text(value));
        Screen.Output().Write(grid);
    }
}
