using System.CommandLine;
using StateSpace.Cli.Commands;
using StateSpace.Studies;

namespace StateSpace.Cli;

/// <summary>The commands of <c>ssm</c>, in the order of its help. A new command is a file in Commands/ and one line here.</summary>
internal static class CommandList
{
    public static IEnumerable<Command> All(IReadOnlyList<IStudy> studies) =>
    [
        StudyCommand.Create(studies),
        RealizeCommand.Create(),
        CompileCommand.Create(),
        TrainCommand.Create(),
        LaunchCommand.Create(),
        GenerateCommand.Create(),
        VerifyCommand.Create(),
        BenchCommand.Create(),
        WarmCommand.Create(),
        InfoCommand.Create(studies),
    ];
}
