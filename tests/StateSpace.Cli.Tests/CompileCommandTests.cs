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
        Assert.Contains("Checked: the model allows what the automaton allows behind all 31 words", compiled.Output, StringComparison.Ordinal);
        Assert.Equal("b", InProcess("generate", model, "--prompt", "aba").Output.TrimEnd('\n'));
        Assert.Contains("is not empty; --overwrite", InProcess("compile", "--regex", "(ab)*", "--out", model).Error, StringComparison.Ordinal);
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
    [InlineData("give one of --regex, --dfa and --language")]
    [InlineData("there is no language 'klingon'", "--language", "klingon")]
    [InlineData("dyck-1 is not regular", "--language", "dyck-1")]
    [InlineData("more than 5 elements", "--language", "d-3", "--monoid-limit", "5")]
    [InlineData("--gates is 'quantum', it must be one of nonnegative, signed, complex", "--regex", "a", "--gates", "quantum")]
    [InlineData("no-such.json: ", "--dfa", "no-such.json")]
    public void Bad_input_ends_with_2_and_one_line(string problem, params string[] arguments)
    {
        var ended = InProcess(["compile", .. arguments]);
        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(problem, Assert.Single(ended.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    private Ended InProcess(params string[] arguments) => ConsoleCapture.Run(Folder, () => CommandLine.Run(arguments, []));
}
