using System.Text.Json;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Cli.Tests;

/// <summary><c>ssm verify MODEL</c>, seen from outside.</summary>
public sealed class VerifyModelTests : WorkingFolder
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "golden", "seed0", "mamba");

    [Fact]
    public void A_model_that_reproduces_its_recording_ends_with_0_and_a_table_by_layer()
    {
        var ended = InProcess("verify", Golden);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.All(["mamba, 3 layers", "embedding", "layer 2", "final norm", "logits", "loss", "greedy continuations: 5 of 5"], text => Assert.Contains(text, ended.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_whose_weights_changed_ends_with_1_and_names_what_differs()
    {
        var model = Copy();
        var path = Path.Combine(model, "model.safetensors");
        Dictionary<string, Tensor> tensors;
        using (var file = SafeTensorsFile.Open(path)) tensors = new(file.LoadAll(), StringComparer.Ordinal);
        const string Name = "backbone.layers.1.mixer.D";
        tensors[Name] = tensors[Name] + 0.01;
        SafeTensorsWriter.Write(path, tensors.Select(pair => (pair.Key, pair.Value)));
        var ended = InProcess("verify", model, "--json");
        Assert.Equal(1, ended.ExitCode);
        var report = JsonDocument.Parse(ended.Output).RootElement[0];
        Assert.False(report.GetProperty("holds").GetBoolean());
        var failed = report.GetProperty("checks").EnumerateArray().Where(check => !check.GetProperty("holds").GetBoolean()).Select(check => check.GetProperty("name").GetString()).ToList();
        Assert.Contains("hidden.1", failed);
        Assert.DoesNotContain("hidden.0", failed);
        Assert.Contains("logits", failed);
    }

    [Fact]
    public void A_model_without_a_recording_is_compared_with_itself()
    {
        var model = Copy();
        File.Delete(Path.Combine(model, "expected.safetensors"));
        var ended = InProcess("verify", model);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains("note: no values were recorded elsewhere", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_holds_no_model_ends_with_2_and_one_line()
    {
        var ended = InProcess("verify", Folder);
        Assert.Equal((2, "", $"ssm: {Folder}: is no model folder: it has no config.json\n"), (ended.ExitCode, ended.Output, ended.Error));
    }

    private Ended InProcess(params string[] arguments) => ConsoleCapture.Run(Folder, () => CommandLine.Run(arguments, []));

    private string Copy()
    {
        foreach (var file in Directory.EnumerateFiles(Golden)) File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        return Folder;
    }
}
