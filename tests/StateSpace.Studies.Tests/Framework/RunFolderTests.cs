using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Studies.Tests.Framework;

public sealed class RunFolderTests : RunnerFixture
{
    private static readonly RunConfiguration Configuration = RunConfiguration.New("sample", Options());

    [Fact]
    public void A_configuration_reads_back_the_same()
    {
        RunFolder.Create(At("run"), Configuration);
        Assert.Null(RunFolder.Open(At("run")).Configuration.DifferenceFrom(Configuration));
        Assert.Equal(Configuration.ToJson(), File.ReadAllText(Path.Combine(At("run"), "config.json")));
    }

    [Fact]
    public void The_device_is_part_of_a_configuration_and_a_file_that_names_none_means_the_CPU()
    {
        var onGpu = Configuration with { Options = Configuration.Options with { Device = Device.Cuda(2) } };
        RunFolder.Create(At("gpu"), onGpu);
        Assert.Null(RunFolder.Open(At("gpu")).Configuration.DifferenceFrom(onGpu));

        RunFolder.Create(At("cpu"), Configuration);
        var path = Path.Combine(At("cpu"), "config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(",\n  \"device\": \"cpu\"", "", StringComparison.Ordinal));
        Assert.DoesNotContain("device", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Null(RunFolder.Open(At("cpu")).Configuration.DifferenceFrom(Configuration));
    }

    [Fact]
    public void Differences_are_named()
    {
        var options = Configuration.Options;
        Assert.Equal("study is sample, not other", Configuration.DifferenceFrom(Configuration with { Study = "other" }));
        Assert.Equal($"program version is {RunConfiguration.CurrentProgram}, not 9", Configuration.DifferenceFrom(Configuration with { Program = "9" }));
        Assert.Equal("preset is quick, not paper", Configuration.DifferenceFrom(Configuration with { Options = options with { Preset = "paper" } }));
        Assert.Equal("seed is 0, not 3", Configuration.DifferenceFrom(Configuration with { Options = options with { Seed = 3 } }));
        Assert.Equal("device is cpu, not cuda:1", Configuration.DifferenceFrom(Configuration with { Options = options with { Device = Device.Cuda(1) } }));
        Assert.Equal("seeds is 2, not the preset's", Configuration.DifferenceFrom(Configuration with { Options = options with { Seeds = null } }));
        Assert.Equal("setting demand is 0.4, not 1", Configuration.DifferenceFrom(Configuration with { Options = Options(2, ("demand", "1")) }));
        Assert.Equal("setting extra is not there, not 1", Configuration.DifferenceFrom(Configuration with { Options = Options(2, ("extra", "1")) }));
    }

    [Fact]
    public void A_run_is_replaced_only_on_request_and_files_of_others_stay()
    {
        RunFolder.Create(At("run"), Configuration);
        foreach (var file in new[] { "metrics.jsonl", "results.json", "report.html", "tables/a.csv", "charts/b.csv", "notes.txt", "results.json.partial" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(At("run"), file))!);
            File.WriteAllText(Path.Combine(At("run"), file), "");
        }

        var error = Assert.Throws<RunFolderException>(() => RunFolder.Create(At("run"), Configuration));
        Assert.Equal($"{At("run")}: holds a run already; continue it with --resume, replace it with --overwrite, or choose another --out", error.Message);

        RunFolder.Create(At("run"), Configuration, overwrite: true);
        Assert.Equal(["config.json", "notes.txt"], Directory.GetFileSystemEntries(At("run")).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData("config.json")]
    [InlineData("results.json")]
    public void A_folder_that_holds_no_run_is_never_overwritten(string file)
    {
        Directory.CreateDirectory(At("run"));
        File.WriteAllText(Path.Combine(At("run"), file), "{\"model_type\":\"mamba\"}");
        foreach (var overwrite in new[] { false, true })
        {
            var error = Assert.Throws<RunFolderException>(() => RunFolder.Create(At("run"), Configuration, overwrite));
            Assert.Equal($"{At("run")}: is not empty and holds no run; choose another folder with --out", error.Message);
        }

        Assert.Equal([file], Directory.GetFileSystemEntries(At("run")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_run_with_a_damaged_configuration_can_be_replaced_but_not_continued()
    {
        RunFolder.Create(At("run"), Configuration);
        File.WriteAllText(Path.Combine(At("run"), "metrics.jsonl"), "");
        File.WriteAllText(Path.Combine(At("run"), "config.json"), Configuration.ToJson()[..20]);
        var error = Assert.Throws<RunFolderException>(() => RunFolder.Open(At("run")));
        Assert.Equal($"{Path.Combine(At("run"), "config.json")}: is damaged: it is not the configuration of a run; start a new run", error.Message);
        RunFolder.Create(At("run"), Configuration, overwrite: true);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"format\":1,\"program\":\"x\",\"study\":\"s\",\"preset\":null,\"seed\":0,\"seeds\":null,\"settings\":{}}")]
    [InlineData("{\"format\":1,\"program\":\"x\",\"study\":\"s\",\"preset\":\"quick\",\"seed\":\"0\",\"seeds\":null,\"settings\":{}}")]
    [InlineData("{\"format\":1,\"program\":\"x\",\"study\":\"s\",\"preset\":\"quick\",\"seed\":0,\"seeds\":null,\"settings\":{},\"more\":1}")]
    public void A_configuration_that_lacks_something_is_damaged(string content)
    {
        Directory.CreateDirectory(At("run"));
        File.WriteAllText(Path.Combine(At("run"), "config.json"), content);
        Assert.Contains("is damaged", Assert.Throws<RunFolderException>(() => RunFolder.Open(At("run"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_another_format_is_refused()
    {
        Directory.CreateDirectory(At("run"));
        File.WriteAllText(Path.Combine(At("run"), "config.json"), (Configuration with { Format = 99 }).ToJson());
        Assert.Contains("has format 99, this program reads format 1", Assert.Throws<RunFolderException>(() => RunFolder.Open(At("run"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_a_run_folder_is_named()
    {
        Assert.Equal($"{At("run")}: there is no such run folder", Assert.Throws<RunFolderException>(() => RunFolder.Open(At("run"))).Message);
        Directory.CreateDirectory(At("run"));
        Assert.Equal($"{At("run")}: holds no run: config.json is missing", Assert.Throws<RunFolderException>(() => RunFolder.Open(At("run"))).Message);
        File.WriteAllText(At("file"), "");
        Assert.Equal($"{At("file")}: is a file; choose another folder with --out", Assert.Throws<RunFolderException>(() => RunFolder.Create(At("file"), Configuration)).Message);
        Assert.Contains("is a file where a folder is needed", Assert.Throws<RunFolderException>(() => RunFolder.Create(At("file/run"), Configuration)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_process_killed_at_once_left_behind_counts_as_free()
    {
        Directory.CreateDirectory(At("run"));
        Assert.True(RunFolder.IsFree(At("run")));
        File.WriteAllText(Path.Combine(At("run"), "config.json.partial"), "{");
        Assert.True(RunFolder.IsFree(At("run")));
        RunFolder.Create(At("run"), Configuration);
        Assert.False(RunFolder.IsFree(At("run")));
    }

    [Fact]
    public void Only_an_unfinished_run_of_the_same_configuration_that_nobody_works_on_is_continued()
    {
        var folder = RunFolder.Create(At("run"), Configuration);
        Assert.NotNull(RunFolder.TryOpenUnfinished(At("run"), Configuration));
        Assert.Null(RunFolder.TryOpenUnfinished(At("run"), Configuration with { Study = "other" }));
        using (Journal.Resume(folder.MetricsPath, out _)) Assert.Null(RunFolder.TryOpenUnfinished(At("run"), Configuration));
        File.WriteAllText(folder.ResultsPath, "{}");
        Assert.Null(RunFolder.TryOpenUnfinished(At("run"), Configuration));
    }
}
