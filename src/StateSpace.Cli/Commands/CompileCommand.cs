using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm compile</c>: what a regular language takes as a state space model, and the model.</summary>
internal static class CompileCommand
{
    public static Command Create()
    {
        var regex = new Option<string>("--regex") { Description = "A regular expression: ab|c, (ab)*, a+, b?, a{2,4}, [a-c], [^a], . for any symbol; \\ before what stands for itself", HelpName = "R" };
        var alphabet = new Option<string>("--alphabet") { Description = "Symbols of the language of --regex; without it those that R names", HelpName = "SYMBOLS" };
        var dfa = new Option<string>("--dfa") { Description = "An automaton: {\"alphabet\", \"start\", \"accepting\", \"transitions\": {state: {symbol: state}}}", HelpName = "FILE.json" };
        var language = new Option<string>("--language") { Description = "A language by name; an unknown name lists them", HelpName = "NAME" };
        var gates = new Option<string>("--gates") { Description = "What the gates may be: nonnegative, signed or complex", HelpName = "KIND", DefaultValueFactory = _ => "nonnegative" }
            .OneOf("nonnegative", "signed", "complex");
        var limit = CommonOptions.WholeNumber("--monoid-limit", $"Most elements of the transition monoid ({TransitionMonoid.DefaultLimit})", 1, 10_000_000);
        var json = CommonOptions.Json("Print the certificate as JSON and nothing else");
        var command = new ProgramCommand(
            "compile",
            "Turn a regular language into a state space model with exact weights, without training: minimal automaton, transition monoid, decomposition into levels. "
            + "Prints the certificate, or names the group because of which there is no such model.",
            ("ssm compile --regex \"(ab)*\"", "states, monoid, levels, channels"),
            ("ssm compile --language d-12", "a language of the study formal-languages"),
            ("ssm compile --language parity", "refused: the group C2"),
            ("ssm compile --dfa machine.json --gates complex", "an automaton, with gates on the unit disc"))
        {
            regex, alphabet, dfa, language, gates, limit, json,
        };
        command.SetAction(parse =>
        {
            string?[] sources = [parse.GetValue(regex), parse.GetValue(dfa), parse.GetValue(language)];
            if (sources.Count(source => source is not null) != 1) throw new UsageException("give one of --regex, --dfa and --language");
            if (parse.GetValue(alphabet) is not null && sources[0] is null) throw new UsageException("--alphabet goes with --regex");
            var (kind, most) = (Enum.Parse<Gates>(parse.GetValue(gates)!, ignoreCase: true), (int)(parse.GetValue(limit) ?? TransitionMonoid.DefaultLimit));
            var compiler = sources switch
            {
                [{ } expression, _, _] => RegularCompiler.OfExpression(expression, parse.GetValue(alphabet), kind, most),
                [_, { } file, _] => RegularCompiler.OfFile(file, kind, most),
                _ => RegularCompiler.Of(LanguageCatalog.FindRegular(sources[2]!).Automaton, kind, most),
            };
            if (parse.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(compiler.Certificate, Format));
            else Write(compiler.Certificate);
            return compiler.Certificate.Refusal is null ? ExitCode.Done : ExitCode.CheckFailed;
        });
        return command;
    }

    private static JsonSerializerOptions Format { get; } = new(CommonOptions.JsonFormat) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) } };

    private static void Write(Certificate certificate)
    {
        var output = Screen.Output();
        output.WriteLine($"Alphabet: {certificate.Alphabet}");
        output.WriteLine($"Minimal automaton: {certificate.States} states, {certificate.LiveStates} of them live");
        output.WriteLine(certificate.IsStarFree
            ? $"Transition monoid: {certificate.Monoid} elements, aperiodic: the language is star-free"
            : $"Transition monoid: {certificate.Monoid} elements, not aperiodic: '{certificate.PeriodicWord}' has the period {certificate.Period}");
        var table = new Table { Border = TableBorder.Simple };
        foreach (var heading in new[] { "level", "states", "channels", "layers", "rules", "of them set" }) table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        table.AddColumn(new TableColumn("group").NoWrap());
        for (var i = 0; i < certificate.Levels.Count; i++)
        {
            var level = certificate.Levels[i];
            int[] numbers = [i + 1, level.States, level.Channels, level.Layers, level.Rules, level.Sets];
            table.AddRow([.. numbers.Select(number => number.ToString()), Markup.Escape(level.Group.Length == 0 ? "" : $"{level.Group}, as by {level.Witness}")]);
        }

        output.Write(table);
        output.WriteLine(certificate.Refusal is { } reason
            ? $"Refused: {reason}"
            : $"{certificate.Levels.Count} levels, {certificate.Layers} layers, {certificate.Channels} channels with {certificate.Gates.ToString().ToLowerInvariant()} gates; "
                + $"{certificate.FractionalBits} binary digits behind the point are enough");
    }
}
