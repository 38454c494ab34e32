using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using StateSpace.Cli.Terminal;
using StateSpace.Models.Checkpoints;
using StateSpace.Studies;
using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.Distributed;
using StateSpace.Training.LanguageModels;

namespace StateSpace.Cli;

/// <summary>Parses the arguments, runs the command and turns every failure into one line and an exit code.</summary>
internal static class CommandLine
{
    private const string VerboseName = "--verbose";

    public static int Run(string[] args, IReadOnlyList<IStudy> studies)
    {
        if (OperatingSystem.IsWindows()) Console.OutputEncoding = System.Text.Encoding.UTF8;
        // No response files: "@" may begin a name.
        var parse = Root(studies).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Errors.Count > 0 && parse.Action is not HelpWithExamples { ClearsParseErrors: true })
        {
            Console.Error.WriteLine(ParseErrorText.OneLine(parse));
            return ExitCode.BadInput;
        }

        try
        {
            return parse.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            WriteError(error is OperationCanceledException ? "interrupted" : Message(error));
            if (parse.GetValue<bool>(VerboseName)) Console.Error.WriteLine(error);
            return Code(error);
        }
    }

    private static RootCommand Root(IReadOnlyList<IStudy> studies)
    {
        (string, string)[] examples =
        [
            ("ssm study list", "the studies that can be run"),
            ("ssm study run NAME", "run one and write its report"),
            ("ssm train lm --data FILE", "train a language model"),
            ("ssm generate MODEL --prompt TEXT", "continue a text"),
            ("ssm verify MODEL", "check a model's folder"),
            ("ssm info", "machine, kernels in use, data found"),
        ];
        var root = new RootCommand("State space models for .NET: train them, run them, explain them, re-run the research on them.")
        {
            Action = new HelpWithExamples(examples, isRequested: false),
        };
        root.Options.OfType<HelpOption>().Single().Action = new HelpWithExamples(examples, isRequested: true);
        root.Options.Add(new Option<bool>(VerboseName) { Description = "Show the stack trace of an error", Recursive = true });
        foreach (var command in CommandList.All(studies)) root.Subcommands.Add(command);
        return root;
    }

    private static void WriteError(string message) => Console.Error.WriteLine($"ssm: {message.ReplaceLineEndings(" ")}");

    private static string Message(Exception error) => error switch
    {
        UsageException or DiskFullException or CheckpointException or StudyInputException or StudyJobException or RunFolderException or TrainingInputException or TrainingDivergedException or PeerFailureException or DeviceException => error.Message,
        _ => $"{error.GetType().Name}: {error.Message} ({VerboseName} shows where)",
    };

    private static int Code(Exception error) => error switch
    {
        OperationCanceledException => ExitCode.Interrupted,
        UsageException or CheckpointException or StudyInputException or TrainingInputException => ExitCode.BadInput,
        RunFolderException { DiskFull: false } => ExitCode.BadInput,
        _ => ExitCode.CheckFailed,
    };
}
