using System.Security.Cryptography;
using System.Text.Json;
using StateSpace.Studies;

namespace StateSpace.Cli.Tests;

/// <summary><c>ssm train lm</c>, seen from outside.</summary>
public sealed class TrainLmTests : WorkingFolder
{
    private static readonly string[] Short = ["--data", "text", "--preset", "tiny", "--set", "width=16", "--set", "length=16", "--set", "batch=2", "--set", "evaluate_every=5"];

    public static TheoryData<string, string> Mistakes() => new()
    {
        { "train lm", "ssm: which text? give files with --data, or --resume DIR" },
        { "train lm --data nothing", "ssm: nothing: there is no such file" },
        { "train lm --data text --model mambo", "ssm: there is no model 'mambo', did you mean 'mamba'?; there are " },
        { "train lm --data text --preset smal", "ssm: there is no preset 'smal', did you mean 'small'?; there are tiny, small, base" },
        { "train lm --data text --set widht=4", "ssm: there is no setting 'widht', did you mean 'width'?; 'ssm train lm --list' shows all" },
        { "train lm --data text --set width=many", "ssm: --set: width is 'many', it must be a whole number from 1 to 65536" },
        { "train lm --data text --set width", "ssm: --set 'width' has not the form name=value" },
        { "train lm --data text --set length=100000", "ssm: the data is too short: 6000 bytes leave 5400 tokens to train on and 600 held out" },
        { "train lm --data text --steps 0", "ssm train lm: --steps is '0', it must be a whole number from 1 on; see 'ssm train lm --help'" },
        { "train lm --data text --minutes -1", "ssm: --minutes is -1, it must be a number above 0" },
        { "train lm --data text --minutes 1 --steps 5", "ssm: --minutes finds the number of steps; leave out --steps" },
        { "train lm --data text --config nothing.json", "ssm: nothing.json: there is no such file" },
        { "train lm --data text --config text", "ssm: text: is not JSON: " },
        { "train lm --data text --tokenizer nothing.json", "ssm: nothing.json: there is no such file" },
        { "train lm --data text --device cuda:99", "ssm: --device cuda:99: " },
        { "train lm --data text --set tf32=true", "ssm: tf32 needs a GPU: give --device cuda, or --set tf32=false" },
        { "train lm --data text --out text", "ssm: text: is a file; choose another folder with --out" },
        { "train lm --data text --from nowhere", "ssm: nowhere: no such folder" },
        { "train lm --data text --from nowhere --model mamba", "ssm: --from goes on with the model that it names; leave out --model" },
        { "train lm --resume nowhere", "ssm: nowhere: there is no such run folder" },
        { "train lm --resume nowhere --steps 5", "ssm: --resume goes on as the run began; beside it only --data and --tokenizer may be given, for files that were moved" },
        { "train lm --resume nowhere --out here", "ssm: --resume goes on in its own folder; leave out --out and --overwrite" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_one_line_with_exit_code_2_and_leaves_nothing_behind(string line, string message)
    {
        WriteText();
        var ended = InProcess(line.Split(' '));
        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith(message, Assert.Single(ended.ErrorLines), StringComparison.Ordinal);
        Assert.Equal([Path.Combine(Folder, "text")], Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public void A_run_leaves_model_metrics_and_report_and_says_where()
    {
        WriteText();
        var ended = SsmProcess.Ssm(Folder, ["train", "lm", .. Short, "--steps", "12", "--out", "run"]);
        Assert.Equal(0, ended.ExitCode);
        Assert.Contains($"Report  {Path.Combine("run", "report.html")}", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', ended.Output + ended.Error);
        Assert.All(ended.Output.Split('\n'), text => Assert.InRange(text.Length, 0, 100));
        foreach (var name in new[] { "config.json", "metrics.jsonl", "timings.jsonl", "results.json", "report.html", "charts/loss.csv", "last/config.json", "last/model.safetensors", "best/model.safetensors" })
            Assert.True(File.Exists(Path.Combine(Folder, "run", name)), name);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(Folder, "run", "report.html")), StringComparison.Ordinal);

        var again = InProcess("train", "lm", "--resume", "run", "--json");
        Assert.Equal(0, again.ExitCode);
        using var outcome = JsonDocument.Parse(again.Output);
        Assert.Equal(12, outcome.RootElement.GetProperty("steps").GetInt64());
        Assert.Equal(600, outcome.RootElement.GetProperty("held_out_bytes").GetInt64());

        Assert.Contains("holds a run already", InProcess(["train", "lm", .. Short, "--out", "run"]).Error, StringComparison.Ordinal);
        Assert.Contains("is not empty and holds no training run", InProcess(["train", "lm", .. Short, "--out", "run/last"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_killed_at_random_moments_resumes_to_the_same_bits()
    {
        WriteText();
        string[] command = ["train", "lm", .. Short, "--steps", "120", "--set", "mode=carried"];
        Assert.Equal(0, SsmProcess.Ssm(Folder, [.. command, "--out", "whole"]).ExitCode);
        var (random, kills) = (new Random(13), 0);
        string[] next = [.. command, "--out", "killed"];
        while (true)
        {
            var before = Length("killed");
            using var process = SsmProcess.StartSsm(Folder, next);
            process.WaitUntil(() => Length("killed") != before);
            Thread.Sleep(random.Next(0, 150));
            if (kills < 4) process.Kill();
            if (process.Wait().ExitCode == 0) break;
            kills++;
            next = ["train", "lm", "--resume", "killed"];
        }

        Assert.InRange(kills, 1, 4);
        Assert.Equal(Bits("whole"), Bits("killed"));
    }

    [SkippableFact]
    public void Ctrl_C_saves_the_step_writes_a_report_and_tells_how_to_go_on()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no POSIX signals");
        WriteText();
        string[] command = ["train", "lm", .. Short, "--steps", "400"];
        Assert.Equal(0, SsmProcess.Ssm(Folder, [.. command, "--out", "whole"]).ExitCode);
        using var process = SsmProcess.StartSsm(Folder, [.. command, "--out", "stopped"]);
        process.WaitUntil(() => Length("stopped") > 0);
        process.Interrupt();
        var ended = process.Wait();
        Assert.Equal(130, ended.ExitCode);
        Assert.Matches(@"^ssm: interrupted at step \d+ of 400, which is saved; continue with: ssm train lm --resume stopped$", ended.ErrorLines[^1]);
        Assert.True(File.Exists(Path.Combine(Folder, "stopped", "report.html")));
        Assert.False(File.Exists(Path.Combine(Folder, "stopped", "results.json")));

        File.Move(Path.Combine(Folder, "text"), Path.Combine(Folder, "moved"));
        Assert.Equal("ssm: text: there is no such file", Assert.Single(InProcess("train", "lm", "--resume", "stopped").ErrorLines));
        File.WriteAllText(Path.Combine(Folder, "text"), new string('x', 6000));
        Assert.Equal("ssm: stopped: cannot be continued: its data file text has changed since the run began; start a new run", Assert.Single(InProcess("train", "lm", "--resume", "stopped").ErrorLines));
        Assert.Equal(0, SsmProcess.Ssm(Folder, "train", "lm", "--resume", "stopped", "--data", "moved").ExitCode);
        Assert.Equal(Bits("whole"), Bits("stopped"));
    }

    [SkippableFact]
    public void A_full_disk_stops_the_run_in_one_line_that_names_the_space_and_how_to_go_on()
    {
        Skip.IfNot(File.Exists("/dev/full"), "there is no device that is always full");
        WriteText();
        Assert.Equal(0, SsmProcess.Ssm(Folder, ["train", "lm", .. Short, "--steps", "5", "--out", "run"]).ExitCode);
        foreach (var name in new[] { "results.json", "metrics.jsonl" }) File.Delete(Path.Combine(Folder, "run", name));
        Directory.Delete(Path.Combine(Folder, "run", "last"), recursive: true);
        File.CreateSymbolicLink(Path.Combine(Folder, "run", "metrics.jsonl"), "/dev/full");
        var ended = SsmProcess.Ssm(Folder, "train", "lm", "--resume", "run");
        Assert.Equal(1, ended.ExitCode);
        Assert.Matches(@"^ssm: run/metrics\.jsonl: the disk is full; about \d+ [KM]iB more are needed there; free them and continue with: ssm train lm --resume run$", ended.ErrorLines[^1]);
    }

    [Fact]
    public void Presets_and_settings_are_listed_with_their_ranges()
    {
        var ended = InProcess("train", "lm", "--list");
        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("evaluate_every=", ended.Output, StringComparison.Ordinal);
        Assert.All(ended.Output.Split('\n'), text => Assert.InRange(text.Length, 0, 100));
    }

    private Ended InProcess(params string[] arguments) => ConsoleCapture.Run(Folder, () => CommandLine.Run(arguments, StudyCatalog.All));

    private void WriteText() => File.WriteAllText(Path.Combine(Folder, "text"), string.Concat(Enumerable.Range(0, 300).Select(i => $"line {i % 10} of some text\n"))[..6000]);

    private long Length(string name) => new FileInfo(Path.Combine(Folder, name, "metrics.jsonl")) is { Exists: true } file ? file.Length : 0;

    /// <summary>The files whose bits do not come from a clock, by their hashes.</summary>
    private SortedDictionary<string, string> Bits(string name)
    {
        string[] names = ["config.json", "metrics.jsonl", "results.json", "charts/loss.csv"];
        var root = Path.Combine(Folder, name);
        var files = names.Select(file => Path.Combine(root, file))
            .Concat(new[] { "last", "best" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder))));
        return new(files.ToDictionary(file => Path.GetRelativePath(root, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))), StringComparer.Ordinal);
    }
}
