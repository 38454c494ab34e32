using System.CommandLine;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Models;
using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm compile</c>: what a regular language takes as a state space model, and the model.</summary>
internal static class CompileCommand
{
    private const int RandomLength = 100_000;

    public static Command Create()
    {
        var regex = new Option<string>("--regex") { Description = "A regular expression: ab|c, (ab)*, a+, b?, a{2,4}, [a-c], [^a], . for any symbol; \\ before what stands for itself", HelpName = "R" };
        var ltl = new Option<string>("--ltl") { Description = "A formula of the past that must hold at a word's last letter: a, !f, f & g, f | g, f -> g, Y f (before), O f (once), H f (ever), f S g (since), T, F", HelpName = "F" };
        var alphabet = new Option<string>("--alphabet") { Description = "Symbols of the language of --regex or --ltl; without it those that are named", HelpName = "SYMBOLS" };
        var dfa = new Option<string>("--dfa") { Description = "An automaton: {\"alphabet\", \"start\", \"accepting\", \"transitions\": {state: {symbol: state}}}", HelpName = "FILE.json" };
        var language = new Option<string>("--language") { Description = "A language by name; an unknown name lists them", HelpName = "NAME" };
        var counters = new Option<bool>("--counters") { Description = "With --language d-N or dyck-K-H: keep the depth by a counter, in two or three layers; other languages that count need no asking" };
        var gates = new Option<string>("--gates") { Description = "What the gates may be: nonnegative, signed or complex", HelpName = "KIND", DefaultValueFactory = _ => "nonnegative" }
            .OneOf("nonnegative", "signed", "complex");
        var form = new Option<string>("--form") { Description = "What the model is made of: s6, layers of this library; or mamba, Mamba blocks alone as transformers has them, for nonnegative gates", HelpName = "FORM", DefaultValueFactory = _ => "s6" }
            .OneOf("s6", "mamba");
        var limit = CommonOptions.WholeNumber("--monoid-limit", $"Most elements of the transition monoid ({TransitionMonoid.DefaultLimit})", 1, 10_000_000);
        var output = new Option<string>("--out") { Description = "Folder for the model: config.json, weights, tokenizer, certificate.json", HelpName = "DIR" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace what is in --out" };
        var check = CommonOptions.WholeNumber("--check", $"Compare the model with the automaton on every word of up to N letters and on a random text of {RandomLength:N0}; in fixed point, too", 1, 100_000);
        var json = CommonOptions.Json("Print the certificate as JSON and nothing else");
        var command = new ProgramCommand(
            "compile",
            "Turn a regular language into a state space model with exact weights, without training: minimal automaton, transition monoid, decomposition into levels. "
            + "Prints the certificate, or names the group because of which there is no such model.",
            ("ssm compile --regex \"(ab)*\"", "states, monoid, levels, channels"),
            ("ssm compile --regex \"(ab)*\" --out runs/ab --check 12", "the model, compared on every word of up to 12 letters"),
            ("ssm generate runs/ab --prompt aba", "the shortest way to complete a word"),
            ("ssm compile --ltl \"H(b -> Y a)\"", "no b but behind an a"),
            ("ssm compile --language d-12", "a language of the study formal-languages"),
            ("ssm compile --language shuffle-2 --out runs/shuffle", "counters, as no automaton has them"),
            ("ssm compile --language dyck-8-10 --counters --check 4", "bounded brackets in three layers"),
            ("ssm compile --language parity", "refused: the group C2"),
            ("ssm compile --dfa machine.json --gates complex", "an automaton, with gates on the unit disc"))
        {
            regex, ltl, alphabet, dfa, language, counters, gates, form, limit, output, overwrite, check, json,
        };
        command.SetAction(parse =>
        {
            string?[] sources = [parse.GetValue(regex), parse.GetValue(ltl), parse.GetValue(dfa), parse.GetValue(language)];
            if (sources.Count(source => source is not null) != 1) throw new UsageException("give one of --regex, --ltl, --dfa and --language");
            if (parse.GetValue(alphabet) is not null && sources[0] is null && sources[1] is null) throw new UsageException("--alphabet goes with --regex and --ltl");
            if (parse.GetValue(counters) && sources[3] is null) throw new UsageException("--counters goes with --language");
            var (quiet, folder, length) = (parse.GetValue(json), parse.GetValue(output), (int?)parse.GetValue(check));
            if (sources[3] is { } name && (parse.GetValue(counters) || LanguageCatalog.Counts(name)))
            {
                var counting = CountingCompiler.Of(name);
                Require(folder, counting.Certificate.Alphabet, parse.GetValue(overwrite));
                if (!quiet) Write(counting.Certificate);
                return Finish(counting.Network());
            }

            var (kind, most) = (Enum.Parse<Gates>(parse.GetValue(gates)!, ignoreCase: true), (int)(parse.GetValue(limit) ?? TransitionMonoid.DefaultLimit));
            var compiler = sources switch
            {
                [{ } expression, ..] => RegularCompiler.OfExpression(expression, parse.GetValue(alphabet), kind, most),
                [_, { } formula, ..] => RegularCompiler.OfFormula(formula, parse.GetValue(alphabet), kind, most),
                [_, _, { } file, _] => RegularCompiler.OfFile(file, kind, most),
                _ => RegularCompiler.Of(LanguageCatalog.FindRegular(sources[3]!).Automaton, kind, most),
            };
            var isRefused = compiler.Certificate.Refusal is not null;
            if (!isRefused) Require(folder, compiler.Automaton.Alphabet, parse.GetValue(overwrite));
            if (!quiet) Write(compiler.Certificate);
            if (!isRefused) return Finish(compiler.Network());
            if (quiet) Console.Out.WriteLine(CompiledFolder.ToJson(compiler.Certificate));
            return ExitCode.CheckFailed;

            int Finish(ComputedNetwork network)
            {
                var holds = Build(network, parse.GetValue(form) == "mamba", folder, length, quiet);
                if (quiet) Console.Out.WriteLine(network.Certificate);
                return holds ? ExitCode.Done : ExitCode.CheckFailed;
            }
        });
        return command;
    }

    private static void Require(string? folder, string alphabet, bool overwrite)
    {
        if (folder is null) return;
        CompiledFolder.RequireTokens(alphabet);
        if (File.Exists(folder)) throw new UsageException($"--out {folder} is a file");
        if (!overwrite && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UsageException($"--out {folder} is not empty; --overwrite replaces what is in it");
    }

    /// <summary>Writes and checks the model as far as somebody asks for it.</summary>
    /// <returns>Whether it agrees with the language.</returns>
    private static bool Build(ComputedNetwork network, bool asMamba, string? folder, int? length, bool quiet)
    {
        if (folder is null && length is null) return true;
        using var interruption = new Interruption();
        using var model = network.Build(asMamba);
        if (folder is not null) CompiledFolder.Write(folder, network, model);
        if (folder is not null && !quiet) Console.Out.WriteLine($"Written to {folder}: {Number(model.Blocks.Count, "layer")}, width {model.Configuration.Width}, {model.ParameterCount:N0} weights");
        if (length is not { } letters) return true;

        // What was written is what is checked.
        using var loaded = folder is null ? null : ModelFolder.Load(folder);
        var read = loaded?.Model ?? model;
        var (prefixes, mismatch) = network.CheckWords(read, letters, quiet ? null : new Drawn(), interruption.Token);
        if (!quiet && Screen.CanDrawProgress) Console.Error.Write("\r                    \r");
        mismatch ??= network.CheckText(read, RandomLength, interruption.Token);
        if (mismatch is not null)
        {
            Console.Error.WriteLine($"ssm: behind '{mismatch}' the model allows something else than the language ('|' ends a text)");
            return false;
        }

        var digits = network.FractionalBits;
        var wrong = digits is null ? 0 : network.CheckFixedPoint(letters, RandomLength, interruption.Token);
        if (wrong > 0) Console.Error.WriteLine($"ssm: in fixed point with {Number(digits!.Value, "binary digit")} behind the point, {wrong} prefixes are continued otherwise than in the language");
        else if (!quiet)
        {
            Console.Out.WriteLine($"Checked: the model allows what the language allows behind all {prefixes:N0} prefixes of up to {letters} letters and in a random text of {RandomLength:N0}");
            if (digits is { } count) Console.Out.WriteLine($"Checked: so does the same network in fixed point, with {Number(count, "binary digit")} behind the point and overflow an error");
        }

        return wrong == 0;
    }

    private static string Number(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static void Write(CountingCertificate certificate)
    {
        var output = Screen.Output();
        output.WriteLine($"Alphabet: {certificate.Alphabet}");
        output.WriteLine($"Counters: {Number(certificate.Layers, "layer")}, {Number(certificate.Channels, "channel")} with nonnegative gates; float32 counts to 16,777,216");
        output.WriteLine(certificate.Recognizes ? "Every text is told from the words of the language" : "What may follow is told behind beginnings of words; behind other texts nothing is promised");
    }

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
            : $"{Number(certificate.Levels.Count, "level")}, {Number(certificate.Layers, "layer")}, {Number(certificate.Channels, "channel")} with {certificate.Gates.ToString().ToLowerInvariant()} gates; "
                + (certificate.FractionalBits is { } digits
                    ? $"binary digits behind the point that are enough: {digits}"
                    : "no number of binary digits is enough for all lengths: turns other than by quarters are rounded"));
    }

    /// <summary>Draws the share that was checked, at once and on the thread that checks.</summary>
    private sealed class Drawn : IProgress<double>
    {
        public void Report(double value)
        {
            if (Screen.CanDrawProgress) Console.Error.Write($"\rchecked {100 * value:0} %");
        }
    }
}
