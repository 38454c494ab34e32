using System.CommandLine;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm train</c>: a command for each task.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var command = new ProgramCommand(
            "train",
            "Train a model into a run folder, from which an interrupted run continues.",
            ("ssm train lm --data book.txt", "a language model on a text"));
        command.Subcommands.Add(TrainLmCommand.Create());
        return command;
    }
}
