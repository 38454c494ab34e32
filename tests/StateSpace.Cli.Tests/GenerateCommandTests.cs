using StateSpace.Models;
using StateSpace.Models.Tokenization;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Tests;

/// <summary><c>ssm generate</c> and <c>ssm verify --quantize</c>, seen from outside.</summary>
public sealed class GenerateCommandTests : WorkingFolder
{
    [Fact]
    public void A_conversation_kept_in_a_file_goes_on_as_one_text()
    {
        var (model, state) = (Save("a", 1), Path.Combine(Folder, "talk.st"));
        var whole = InProcess("generate", model, "--prompt", "Hello", "--tokens", "12").Output.TrimEnd('\n');
        var first = InProcess("generate", model, "--prompt", "Hello", "--tokens", "5", "--state", state);
        var second = InProcess("generate", model, "--tokens", "7", "--state", state);
        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(whole, first.Output.TrimEnd('\n') + second.Output.TrimEnd('\n'));
        Assert.Contains("read 1 tokens", second.Error, StringComparison.Ordinal);
        var other = InProcess("generate", Save("b", 2), "--state", state);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("holds a conversation with another model", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--top-p is 'x', it must be a number", "--prompt", "a", "--top-p", "x")]
    [InlineData("top-p is 2; it must be above 0 and at most 1", "--prompt", "a", "--top-p", "2")]
    [InlineData("--weights is 'int4', it must be one of fp32, bf16, int8", "--prompt", "a", "--weights", "int4")]
    [InlineData("there is nothing to continue", "--tokens", "3")]
    [InlineData("--state keeps one conversation", "--prompt", "a", "--state", "f", "--count", "2")]
    [InlineData("no such folder", "--prompt", "a")]
    public void Bad_input_ends_with_2_and_one_line(string problem, params string[] arguments)
    {
        var ended = InProcess(["generate", "no-such-model", .. arguments]);
        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(problem, Assert.Single(ended.Error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Quantizing_reports_every_storage_type_and_says_on_which_text()
    {
        var ended = InProcess("verify", Save("c", 3), "--quantize");
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.All(["fp32", "bf16", "int8", "the model drew itself"], text => Assert.Contains(text, ended.Output.ReplaceLineEndings(" "), StringComparison.Ordinal));
    }

    private Ended InProcess(params string[] arguments) => ConsoleCapture.Run(Folder, () => CommandLine.Run(arguments, []));

    private string Save(string name, ulong seed)
    {
        var tokenizer = new ByteTokenizer();
        using var model = new SequenceModel(ModelKinds.Configure("mamba", tokenizer.VocabularySize, 16, 2) with { TiedHead = false, EmbeddingDeviation = 1 }, new RandomSource(seed));
        var folder = Path.Combine(Folder, name);
        ModelFolder.Save(folder, model);
        tokenizer.Save(folder);
        return folder;
    }
}
