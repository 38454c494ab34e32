using System.Text.Json.Nodes;

namespace StateSpace.Cli.Tests;

/// <summary><c>ssm compile</c>: a folder that generates, a refusal, and one line for bad input.</summary>
public sealed class CompileCommandTests : WorkingFolder
{
    [Fact]
    public void A_compiled_language_is_checked_and_written_and_its_greedy_continuation_completes_a_word()
    {
        var model = Path.Combine(Folder, "ab");
        var compiled = InProcess("compile", "--regex", "(ab)*", "--out", model, "--check", "4");
        Assert.Equal((0, ""), (compiled.ExitCode, compiled.Error));
        Assert.Contains("Checked: the model allows what the language allows behind all 31 prefixes", compiled.Output, StringComparison.Ordinal);
        Assert.Equal("b", InProcess("generate", model, "--prompt", "aba").Output.TrimEnd('\n'));
        Assert.Contains("is not empty; --overwrite", InProcess("compile", "--regex", "(ab)*", "--out", model).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anbn", "aaab", "bb")]
    [InlineData("shuffle-2", "([", ")]")]
    [InlineData("boolean-3", "+~", "00")]
    [InlineData("d-12", "aaab", "bb")]
    [InlineData("dyck-8-10", "([{", "}])")]
    public void A_language_that_counts_becomes_a_model_that_completes_its_words(string language, string begun, string rest)
    {
        var model = Path.Combine(Folder, "counting");
        string[] how = language[0] == 'd' ? ["--counters"] : [];
        var compiled = InProcess(["compile", "--language", language, .. how, "--out", model, "--check", language.StartsWith("dyck", StringComparison.Ordinal) ? "3" : "5"]);
        Assert.Equal((0, ""), (compiled.ExitCode, compiled.Error));
        Assert.Contains("Checked: so does the same network in fixed point, with 1 binary digit behind the point", compiled.Output, StringComparison.Ordinal);
        Assert.Equal(rest, InProcess("generate", model, "--prompt", begun).Output.TrimEnd('\n'));
    }

    [Fact]
    public void A_compiled_model_verifies_and_training_goes_on_from_it()
    {
        var (model, run, text) = (Path.Combine(Folder, "ab"), Path.Combine(Folder, "run"), Path.Combine(Folder, "text"));
        Assert.Equal(0, InProcess("compile", "--regex", "(ab)*", "--out", model).ExitCode);
        Assert.Equal(0, InProcess("verify", model).ExitCode);
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("ab", 500)));
        string[] training =
        [
            "train", "lm", "--data", text, "--from", model, "--preset", "tiny", "--set", "length=16", "--set", "batch=4", "--set", "rate=0.00001", "--set", "evaluate_every=10",
            "--steps", "40", "--out", run,
        ];
        Assert.Equal(0, InProcess(training).ExitCode);

        // As it was compiled, a word may end behind each b; the text has no end, which is learned.
        var losses = File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!).Where(line => line["loss"] is not null).Select(line => (double)line["loss"]!).ToList();
        Assert.InRange(losses[0], 0.3, 2);
        Assert.True(losses[^1] < losses[0] / 2, $"{losses[0]} to {losses[^1]}");
        Assert.Equal(0, InProcess("verify", Path.Combine(run, "last")).ExitCode);
        Assert.Equal("babab", InProcess("generate", Path.Combine(run, "last"), "--prompt", "aba", "--tokens", "5").Output.TrimEnd('\n'));

        Assert.Equal(0, InProcess("train", "lm", "--resume", run).ExitCode);

        // Other weights in their place would make it another run.
        Assert.Equal(0, InProcess("compile", "--regex", "(ba)*", "--out", model, "--overwrite").ExitCode);
        Directory.Delete(Path.Combine(run, "last"), recursive: true);
        File.Delete(Path.Combine(run, "results.json"));
        Assert.Contains("the weights that the run begins with are not there any more", InProcess("train", "lm", "--resume", run).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_language_becomes_a_Mamba_and_one_whose_gates_turn_does_not()
    {
        var model = Path.Combine(Folder, "mamba");
        Assert.Equal(0, InProcess("compile", "--language", "flip-flop", "--form", "mamba", "--out", model, "--check", "4").ExitCode);
        Assert.Contains("\"model_type\": \"mamba\"", File.ReadAllText(Path.Combine(model, "config.json")), StringComparison.Ordinal);
        Assert.StartsWith("1", InProcess("generate", model, "--prompt", "w1i0r").Output, StringComparison.Ordinal);
        Assert.Contains("complex gates are not those of Mamba", InProcess("compile", "--language", "tomita-6", "--gates", "complex", "--form", "mamba", "--check", "4").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_language_with_a_group_is_refused_with_1_and_its_name()
    {
        var ended = InProcess("compile", "--language", "parity");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("Refused: the group C2 acts on level 1 of 1", ended.Output, StringComparison.Ordinal);
        Assert.Equal(0, InProcess("compile", "--language", "parity", "--gates", "signed").ExitCode);
    }

    [Theory]
    [InlineData("malformed at position 1: '(' is not closed", "--regex", "(ab")]
    [InlineData("give one of --regex, --ltl, --dfa and --language")]
    [InlineData("there is no language 'klingon'", "--language", "klingon")]
    [InlineData("the automaton of dyck-8-10 has more than 4096 states", "--language", "dyck-8-10")]
    [InlineData("parity has no counters; leave out --counters", "--language", "parity", "--counters")]
    [InlineData("--counters goes with --language", "--regex", "a", "--counters")]
    [InlineData("more than 5 elements", "--language", "d-3", "--monoid-limit", "5")]
    [InlineData("--gates is 'quantum', it must be one of nonnegative, signed, complex", "--regex", "a", "--gates", "quantum")]
    [InlineData("no-such.json: ", "--dfa", "no-such.json")]
    [InlineData("the formula is malformed at position 3: '(' is not closed", "--ltl", "H (a")]
    [InlineData("--alphabet goes with --regex and --ltl", "--language", "d-2", "--alphabet", "ab")]
    [InlineData("the symbol 'é' cannot be a token", "--regex", "é", "--out", "model")]
    public void Bad_input_ends_with_2_and_one_line(string problem, params string[] arguments)
    {
        var ended = InProcess(["compile", .. arguments]);
        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(problem, Assert.Single(ended.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not complete: state 'p' has no transition for 'b'", """{"alphabet": "ab", "start": "p", "accepting": ["p"], "transitions": {"p": {"a": "p"}}}""")]
    [InlineData("not deterministic: state 'p' has several transitions for 'a'", """{"alphabet": "a", "start": "p", "accepting": ["p"], "transitions": {"p": {"a": ["p", "p"]}}}""")]
    [InlineData("the automaton is empty", """{"alphabet": "a", "start": "p", "accepting": [], "transitions": {"p": {"a": "p"}}}""")]
    [InlineData("1 to 64 symbols, not 65", """{"alphabet": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#%", "start": "p", "accepting": [], "transitions": {"p": {"a": "p"}}}""")]
    public void An_automaton_that_is_none_ends_with_2_and_one_line(string problem, string json)
    {
        File.WriteAllText(Path.Combine(Folder, "machine.json"), json);
        var ended = InProcess("compile", "--dfa", "machine.json");
        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(problem, Assert.Single(ended.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private Ended InProcess(params string[] arguments) => ConsoleCapture.Run(Folder, () => CommandLine.Run(arguments, []));
}
