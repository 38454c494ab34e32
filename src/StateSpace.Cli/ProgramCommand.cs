using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace StateSpace.Cli;

/// <summary>A command whose help ends with examples; without an action of its own it shows its help.</summary>
internal sealed class ProgramCommand : Command
{
    /// <param name="name">Name on the command line.</param>
    /// <param name="description">What it does, in a sentence or two.</param>
    /// <param name="examples">Whole command lines, each with what it does: <c>("ssm study list", "what there is")</c>.</param>
    public ProgramCommand(string name, string description, params (string Line, string Meaning)[] examples)
        : base(name, description)
    {
        Options.Add(new HelpOption { Description = "Show this help", Action = new HelpWithExamples(examples, isRequested: true) });
        Action = new HelpWithExamples(examples, isRequested: false);
    }
}

/// <summary>The help of System.CommandLine with a part "Examples" at its end.</summary>
/// <param name="examples">Command lines with what they do.</param>
/// <param name="isRequested">Whether it stands for --help, which goes before any mistake in the line, or for a command without subcommand.</param>
internal sealed class HelpWithExamples(IReadOnlyList<(string Line, string Meaning)> examples, bool isRequested) : SynchronousCommandLineAction
{
    private readonly HelpAction _help = new() { MaxWidth = 100 };

    public override bool ClearsParseErrors => isRequested;

    public override int Invoke(ParseResult parseResult)
    {
        _help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        var width = examples.Max(example => example.Line.Length);
        foreach (var (line, meaning) in examples)
        {
            // One line where both fit into 100 columns, else the meaning below.
            if (width + meaning.Length + 4 <= 100) output.WriteLine($"  {line.PadRight(width)}  {meaning}");
            else output.WriteLine($"  {line}\n      {meaning}");
        }

        output.WriteLine();
        return ExitCode.Done;
    }
}
