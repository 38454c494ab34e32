using System.CommandLine;
using StateSpace.Cli.Terminal;

namespace StateSpace.Cli;

/// <summary>The first parse error as one line, with the name that was probably meant.</summary>
internal static class ParseErrorText
{
    public static string OneLine(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var path = CommandPath(parse);
        if (parse.UnmatchedTokens.Count > 0)
        {
            var token = parse.UnmatchedTokens[0];
            var isOption = token.StartsWith('-');
            var known = isOption ? OptionNames(parse) : command.Subcommands.Select(subcommand => subcommand.Name);
            var kind = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            return $"{path}: unknown {kind} '{token}'{ClosestName.Hint(token, known)}; see '{path} --help'";
        }

        return $"{path}: {parse.Errors[0].Message.ReplaceLineEndings(" ").TrimEnd('.')}; see '{path} --help'";
    }

    private static IEnumerable<string> OptionNames(ParseResult parse)
    {
        for (var result = parse.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            foreach (var option in result.Command.Options)
                if (result == parse.CommandResult || option.Recursive) yield return option.Name;
    }

    private static string CommandPath(ParseResult parse)
    {
        var names = new List<string>();
        for (var result = parse.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Insert(0, result.Command is RootCommand ? "ssm" : result.Command.Name);
        return string.Join(' ', names);
    }
}
