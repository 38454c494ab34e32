using System.Text.Json;

namespace StateSpace.Cli.Tests;

/// <summary><c>ssm launch</c>, seen from outside.</summary>
public sealed class LaunchTests : WorkingFolder
{
    private static readonly string[] Training =
        ["train", "lm", "--data", "text", "--preset", "tiny", "--set", "width=16", "--set", "length=16", "--set", "batch=4", "--set", "evaluate_every=5"];

    [Fact]
    public void Two_processes_train_as_one_does_with_whole_and_with_sharded_moments()
    {
        WriteText();
        Assert.Equal(0, SsmProcess.Ssm(Folder, [.. Training, "--steps", "12", "--out", "one"]).ExitCode);
        Assert.Equal(0, SsmProcess.Ssm(Folder, ["launch", "--processes", "2", .. Training, "--steps", "12", "--out", "two"]).ExitCode);
        Assert.Equal(0, SsmProcess.Ssm(Folder, ["launch", "--processes", "2", .. Training, "--steps", "12", "--out", "sharded", "--set", "shard_optimizer=true"]).ExitCode);
        var one = Losses("one");
        Assert.Equal(12, one.Length);
        foreach (var other in new[] { Losses("two"), Losses("sharded") })
            Assert.All(one.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void A_process_that_is_killed_ends_all_and_the_run_goes_on_to_the_same_losses()
    {
        WriteText();
        string[] command = [.. Training, "--steps", "60", "--set", "shard_optimizer=true"];
        Assert.Equal(0, SsmProcess.Ssm(Folder, ["launch", "--processes", "2", .. command, "--out", "whole"]).ExitCode);
        using (var launched = SsmProcess.StartSsm(Folder, ["launch", "--processes", "2", .. command, "--out", "killed"]))
        {
            launched.WaitUntil(() => Directory.Exists(Path.Combine(Folder, "killed", "last")));
            launched.KillNewestChild();
            var ended = launched.Wait();
            Assert.Equal(1, ended.ExitCode);
            Assert.Contains(ended.ErrorLines, line => line.EndsWith("went away; the run can be resumed from its last checkpoint", StringComparison.Ordinal) || line.StartsWith("ssm: process 1 ended with code", StringComparison.Ordinal));
        }

        Assert.Equal(0, SsmProcess.Ssm(Folder, "launch", "--processes", "2", "train", "lm", "--resume", "killed").ExitCode);
        Assert.Equal(Losses("whole"), Losses("killed"));
    }

    [Theory]
    [InlineData("launch", "launch what?")]
    [InlineData("launch train lm", "give --gpus N, or --processes N for the CPU")]
    [InlineData("launch --processes 2 train lm --data nothing", "nothing: there is no such file")]
    [InlineData("launch --processes 2 train lm --data text --set mode=carried", "mode carried does not go with several processes")]
    [InlineData("launch --processes 3 train lm --data text --set batch=4", "batch is 4, which 3 processes cannot share equally")]
    public void A_mistake_ends_all_processes_with_one_line_and_leaves_nothing_behind(string line, string message)
    {
        WriteText();
        var ended = SsmProcess.Ssm(Folder, line.Split(' '));
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(message, Assert.Single(ended.ErrorLines), StringComparison.Ordinal);
        Assert.Equal([Path.Combine(Folder, "text")], Directory.GetFileSystemEntries(Folder));
    }

    private double[] Losses(string run) =>
    [
        .. File.ReadLines(Path.Combine(Folder, run, "metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("norm", out _))
            .Select(line => line.GetProperty("loss").GetDouble()),
    ];

    private void WriteText()
    {
        var random = new Random(5);
        File.WriteAllText(Path.Combine(Folder, "text"), string.Concat(Enumerable.Range(0, 1000).Select(_ => $"{(char)('a' + random.Next(26))}bcde\n")));
    }
}
