using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Studies.Tests.Framework;

public sealed class StudyRunnerTests : RunnerFixture
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(17)]
    public void The_journal_and_the_result_are_the_same_for_any_number_of_threads(int threads)
    {
        var one = Start("one", Options(), out var first).Run(first, 1, CancellationToken.None);
        var many = Start("many", Options(), out var second).Run(second, threads, CancellationToken.None);
        Assert.Equal(Metrics("one"), Metrics("many"));
        Assert.Equal(Text(one), Text(many));
    }

    [Fact]
    public void The_journal_has_each_jobs_metrics_and_then_its_result_in_plan_order()
    {
        var runner = Start("run", Options(seeds: 1), out var folder);
        runner.Run(folder, 4, CancellationToken.None);
        var lines = Encoding.UTF8.GetString(Metrics("run")).Split('\n')[..^1].Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        var expected = runner.Progress.Jobs.SelectMany(job => new[] { (job.Job.Id, false), (job.Job.Id, false), (job.Job.Id, false), (job.Job.Id, true) });
        Assert.Equal(expected, lines.Select(line => (line["job"]!.GetValue<string>(), line.ContainsKey("result"))));
        Assert.Equal(["job", "step", "estimate", "ratio"], lines[0].Select(member => member.Key));
        Assert.Equal("NaN", lines[0]["ratio"]!.GetValue<string>());
    }

    [Fact]
    public void A_run_cut_at_any_byte_of_its_journal_resumes_to_the_same_bytes()
    {
        var whole = Text(Start("whole", Options(), out var wholeFolder).Run(wholeFolder, 2, CancellationToken.None));
        var bytes = Metrics("whole");
        var number = 0;
        Prop.ForAll(Gen.Choose(0, bytes.Length).ToArbitrary(), cut =>
        {
            var name = $"cut{number++}";
            var runner = Start(name, Options(), out var folder);
            File.WriteAllBytes(folder.MetricsPath, bytes[..cut]);
            var result = runner.Run(folder, 2, CancellationToken.None);
            return Text(result) == whole && Metrics(name).SequenceEqual(bytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Fact]
    public void A_run_cancelled_at_random_moments_and_resumed_ends_with_the_same_bytes()
    {
        var options = Options(seeds: 2, ("pause-ms", "3"));
        var whole = Text(Start("whole", options, out var wholeFolder).Run(wholeFolder, 2, CancellationToken.None));
        var random = new Random(7);
        for (var trial = 0; trial < 8; trial++)
        {
            var runner = Start($"trial{trial}", options, out var folder);
            string? result = null;
            for (var interruptions = 0; result is null; interruptions++)
            {
                using var stop = new CancellationTokenSource();
                if (interruptions < 4) stop.CancelAfter(random.Next(12));
                try
                {
                    result = Text(new StudyRunner(new SampleStudy(), options).Run(RunFolder.Open(folder.Path), random.Next(1, 5), stop.Token));
                }
                catch (OperationCanceledException)
                {
                    Assert.Equal(Metrics($"trial{trial}"), Metrics("whole")[..Metrics($"trial{trial}").Length]);
                }
            }

            Assert.Equal(whole, result);
            Assert.Equal(Metrics("whole"), Metrics($"trial{trial}"));
        }
    }

    [Fact]
    public void Jobs_that_are_in_the_journal_are_not_computed_again()
    {
        Start("run", Options(), out var folder).Run(folder, 2, CancellationToken.None);

        // With this setting job 3 would throw, were it run.
        var lines = Encoding.UTF8.GetString(Metrics("run")).Split('\n');
        var failing = Start("failing", Options(2, ("fail-job", "3")), out var failingFolder);
        File.WriteAllText(failingFolder.MetricsPath, string.Join('\n', lines[..16]) + "\n");
        failing.Run(failingFolder, 2, CancellationToken.None);
        Assert.Equal(4, failing.Progress.Jobs.Count(job => job.State == JobState.Restored));
        Assert.Equal(Metrics("run"), Metrics("failing"));
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public void Cancelling_returns_within_a_second_even_from_jobs_that_do_not_listen(string ignoreStop)
    {
        var runner = Start("run", Options(2, ("pause-ms", "2500"), ("ignore-stop", ignoreStop)), out var folder);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var clock = Stopwatch.StartNew();
        Assert.Throws<OperationCanceledException>(() => runner.Run(folder, 2, stop.Token));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.1, 1.2);
        Assert.Empty(Metrics("run"));
    }

    [Fact]
    public void A_job_that_throws_is_named_in_one_line_and_the_jobs_before_it_stay()
    {
        var runner = Start("run", Options(2, ("fail-job", "5")), out var folder);
        var error = Assert.Throws<StudyJobException>(() => runner.Run(folder, 1, CancellationToken.None));
        Assert.Equal("job n15.seed1 failed: the matrix is singular", error.Message);
        Assert.Equal(5, runner.Progress.Saved);
    }

    [Fact]
    public void Progress_counts_what_is_done_and_saved()
    {
        var runner = Start("run", Options(), out var folder);
        Assert.Equal((0, 0, 0.0), (runner.Progress.Done, runner.Progress.Saved, runner.Progress.DoneWeight));
        runner.Run(folder, 2, CancellationToken.None);
        Assert.Equal((12, 12), (runner.Progress.Done, runner.Progress.Saved));
        Assert.Equal(runner.Progress.TotalWeight, runner.Progress.DoneWeight);
    }

    [SkippableFact]
    public void A_full_disk_names_the_space_that_the_rest_of_the_run_needs()
    {
        Skip.IfNot(File.Exists("/dev/full"), "there is no device that is always full");
        var runner = Start("run", Options(), out var folder);
        File.CreateSymbolicLink(folder.MetricsPath, "/dev/full");
        var error = Assert.Throws<RunFolderException>(() => runner.Run(folder, 1, CancellationToken.None));
        Assert.True(error.DiskFull);
        Assert.Matches("metrics.jsonl: the disk is full; about [0-9]+ (KiB|MiB) more are needed there$", error.Message);
    }

    [Fact]
    public void A_journal_of_another_plan_is_refused()
    {
        var runner = Start("run", Options(), out var folder);
        File.WriteAllText(folder.MetricsPath, "{\"job\":\"other\",\"result\":1}\n");
        var error = Assert.Throws<RunFolderException>(() => runner.Run(folder, 1, CancellationToken.None));
        Assert.Equal($"{folder.MetricsPath}: line 1 is of job other where the plan has n2.seed0; start the run again in another folder", error.Message);
    }

    [Fact]
    public void A_folder_of_another_configuration_is_refused()
    {
        Start("run", Options(), out var folder);
        var other = new StudyRunner(new SampleStudy(), Options(2, ("demand", "0.9")));
        var error = Assert.Throws<RunFolderException>(() => other.Run(folder, 1, CancellationToken.None));
        Assert.Equal($"{folder.Path}: cannot be continued: its setting demand is 0.4, not 0.9; start a new run", error.Message);
    }

    [Fact]
    public void A_metric_with_a_reserved_name_is_refused()
    {
        var study = new OneJobStudy(_ => new(1, [new JsonObject { ["result"] = 3 }]));
        var runner = new StudyRunner(study, new("quick", 0, null, new Dictionary<string, string>(StringComparer.Ordinal)));
        var folder = RunFolder.Create(At("run"), runner.Configuration);
        Assert.Throws<StudyJobException>(() => runner.Run(folder, 1, CancellationToken.None));
    }
}
