using System.Diagnostics;
using StateSpace.Studies;
using StateSpace.Studies.Tests.Framework;

namespace StateSpace.Cli.Tests;

/// <summary>Runs are durable: whatever stops the process, resuming ends with the same bytes in every file.</summary>
public sealed class KillAndResumeTests : WorkingFolder
{
    private static readonly string[] Slow = ["--seeds", "4", "--set", "pause-ms=25", "--threads", "2"];

    public static TheoryData<string> RegisteredStudies() => [.. StudyCatalog.All.Select(study => study.Description.Name)];

    [Fact]
    public void A_run_killed_at_random_moments_resumes_to_the_same_bytes()
    {
        Assert.Equal(0, SsmProcess.Host(Folder, ["study", "run", SampleStudy.Name, "--out", "whole", .. Slow]).ExitCode);
        var random = new Random(11);
        for (var trial = 0; trial < 2; trial++)
        {
            var name = $"killed{trial}";
            var kills = KillUntilDone(name, [SampleStudy.Name, .. Slow], () => random.Next(0, 120));
            Assert.NotEqual(0, kills);
            Assert.Equal(Files("whole"), Files(name));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(RegisteredStudies), DisableDiscoveryEnumeration = true)]
    public void A_registered_study_killed_at_random_moments_resumes_to_the_same_bytes(string study)
    {
        Skip.If(Environment.GetEnvironmentVariable("SSM_SLOW_TESTS") != "1", "runs the study twice; SSM_SLOW_TESTS=1 asks for it");
        var clock = Stopwatch.StartNew();
        Assert.InRange(SsmProcess.Host(Folder, "study", "run", study, "--out", "whole").ExitCode, 0, 1);
        var random = new Random(12);
        KillUntilDone("killed", [study], () => random.Next(200, (int)clock.ElapsedMilliseconds + 300));
        Assert.Equal(Files("whole"), Files("killed"));
    }

    [SkippableFact]
    public void Ctrl_C_stops_within_a_second_and_tells_how_to_go_on()
    {
        Skip.If(OperatingSystem.IsWindows(), "there are no POSIX signals");
        Assert.Equal(0, SsmProcess.Host(Folder, ["study", "run", SampleStudy.Name, "--out", "whole", .. Slow]).ExitCode);
        using var process = SsmProcess.Start(Folder, ["study", "run", SampleStudy.Name, "--out", "stopped", .. Slow]);
        process.WaitUntil(() => LengthOf("stopped") > 0);
        var clock = Stopwatch.StartNew();
        process.Interrupt();
        var ended = process.Wait();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 1.5);
        Assert.Equal(130, ended.ExitCode);
        Assert.Matches(@"^ssm: interrupted with \d+ of 24 jobs saved; continue with: ssm study run --resume stopped$", ended.ErrorLines[^1]);
        Assert.DoesNotContain("results.json", Files("stopped").Keys);

        Assert.Equal(0, SsmProcess.Host(Folder, "study", "run", "--resume", "stopped").ExitCode);
        Assert.Equal(Files("whole"), Files("stopped"));
    }

    [Fact]
    public void The_same_command_again_continues_an_interrupted_run_and_then_starts_a_new_folder()
    {
        string[] command = ["study", "run", SampleStudy.Name, .. Slow];
        using (var process = SsmProcess.Start(Folder, command))
        {
            process.WaitUntil(() => LengthOf("runs/sample-quick") > 0);
            process.Kill();
            process.Wait();
        }

        Assert.Equal(0, SsmProcess.Host(Folder, command).ExitCode);
        Assert.Equal(0, SsmProcess.Host(Folder, "study", "run", SampleStudy.Name).ExitCode);
        Assert.Equal(["sample-quick", "sample-quick-2"], Directory.GetDirectories(Path.Combine(Folder, "runs")).Select(Path.GetFileName).Order());
    }

    [SkippableFact]
    public void A_full_disk_stops_the_run_in_one_line_that_names_the_space_and_how_to_go_on()
    {
        Skip.IfNot(File.Exists("/dev/full"), "there is no device that is always full");
        Assert.Equal(0, SsmProcess.Host(Folder, "study", "run", SampleStudy.Name, "--out", "whole").ExitCode);
        Directory.CreateDirectory(Path.Combine(Folder, "full"));
        File.Copy(Path.Combine(Folder, "whole", "config.json"), Path.Combine(Folder, "full", "config.json"));
        var metrics = Path.Combine(Folder, "full", "metrics.jsonl");
        File.CreateSymbolicLink(metrics, "/dev/full");
        var ended = SsmProcess.Host(Folder, "study", "run", "--resume", "full");
        Assert.Equal(1, ended.ExitCode);
        var line = ended.ErrorLines[^1];
        Assert.Matches(@"^ssm: full/metrics\.jsonl: the disk is full; about \d+ [KM]iB more are needed there; free them and continue with: ssm study run --resume full$", line);

        File.Delete(metrics);
        Assert.Equal(0, SsmProcess.Host(Folder, "study", "run", "--resume", "full").ExitCode);
        Assert.Equal(Files("whole"), Files("full"));
    }

    [Fact]
    public void Resuming_a_finished_run_changes_no_byte()
    {
        Assert.Equal(0, SsmProcess.Host(Folder, "study", "run", SampleStudy.Name, "--out", "run").ExitCode);
        var results = File.ReadAllBytes(Path.Combine(Folder, "run", "results.json"));
        var before = Files("run");
        File.Delete(Path.Combine(Folder, "run", "report.html"));
        Assert.Equal(0, SsmProcess.Host(Folder, "study", "run", "--resume", "run").ExitCode);
        Assert.Equal(before, Files("run"));
        Assert.Equal(results, File.ReadAllBytes(Path.Combine(Folder, "run", "results.json")));
    }

    // Every second kill comes at a random time after the start, the others after the run journalled something more.
    private int KillUntilDone(string name, string[] study, Func<int> milliseconds)
    {
        string[] command = ["study", "run", .. study, "--out", name];
        for (var kills = 0; ; kills++)
        {
            var before = LengthOf(name);
            using var process = SsmProcess.Start(Folder, command);
            if (kills % 2 == 0) process.WaitUntil(() => LengthOf(name) > before);
            Thread.Sleep(milliseconds());
            process.Kill();
            if (process.Wait().ExitCode is 0 or 1) return kills;
            if (File.Exists(Path.Combine(Folder, name, "config.json"))) command = ["study", "run", "--resume", name];
        }
    }

    private long LengthOf(string name) => new FileInfo(Path.Combine(Folder, name, "metrics.jsonl")) is { Exists: true } file ? file.Length : 0;
}
