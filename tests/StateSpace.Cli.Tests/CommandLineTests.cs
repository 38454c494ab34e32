using System.CommandLine;
using System.Text.Json;
using StateSpace.Studies;
using StateSpace.Studies.Tests.Framework;

namespace StateSpace.Cli.Tests;

/// <summary>What the program says and how it ends, seen from outside.</summary>
public sealed class CommandLineTests : WorkingFolder
{
    public static TheoryData<string, string> Mistakes() => new()
    {
        { "studdy", "ssm: unknown command 'studdy', did you mean 'study'?; see 'ssm --help'" },
        { "study rum sample", "ssm study: unknown command 'rum', did you mean 'run'?; see 'ssm study --help'" },
        { "study run", "ssm: which study? give its NAME, or --resume DIR; 'ssm study list' lists them" },
        { "study run smaple", "ssm: there is no study 'smaple', did you mean 'sample'?; 'ssm study list' lists them" },
        { "study run sample --presett quick", "ssm study run: unknown option '--presett', did you mean '--preset'?; see 'ssm study run --help'" },
        { "study run sample extra", "ssm study run: unknown argument 'extra'; see 'ssm study run --help'" },
        { "study run sample --preset standrad", "ssm: study sample has no preset 'standrad', did you mean 'standard'?; it has quick, standard" },
        { "study run sample --seed -1", "ssm study run: --seed is '-1', it must be a whole number from 0 on; see 'ssm study run --help'" },
        { "study run sample --seeds none", "ssm study run: --seeds is 'none', it must be a whole number from 1 on; see 'ssm study run --help'" },
        { "study run sample --threads 0", "ssm study run: --threads is '0', it must be a whole number from 1 on; see 'ssm study run --help'" },
        { "verify Concurrency", "ssm: Concurrency is a check of GPUs: give --device cuda, or leave it out" },
        { "study run sample --device gpu", "ssm: --device is 'gpu', it must be cpu, cuda or cuda:N" },
        { "study run sample --set demand", "ssm: --set 'demand' has not the form name=value" },
        { "study run sample --set demnad=1", "ssm: study sample has no setting 'demnad', did you mean 'demand'?; it has pause-ms, demand, fail-job, ignore-stop" },
        { "study run sample --set demand=1 --set demand=2", "ssm: --set demand is given twice" },
        { "study run sample --set demand=high", "ssm: setting demand is 'high', it must be a number" },
        { "study run sample --data here", "ssm: study sample has no setting 'data'; it has pause-ms, demand, fail-job, ignore-stop" },
        { "study run --resume nowhere", "ssm: nowhere: there is no such run folder" },
        { "study run --resume nowhere --out here", "ssm: --resume goes on in its own folder; leave out --out and --overwrite" },
        { "study show nowhere", "ssm: nowhere: there is no such run folder" },
        { "verify ./nowhere", "ssm: ./nowhere: no such folder" },
        { "bench copyy", "ssm: there is no bench case 'copyy', did you mean 'copy'?; 'ssm bench --list' lists them" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_one_line_with_exit_code_2_and_leaves_nothing_behind(string line, string message)
    {
        var (code, output, error) = InProcess(line.Split(' '));
        Assert.Equal((2, "", message + "\n"), (code, output, error));
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public void Each_study_is_a_line_with_the_time_that_its_presets_take_and_is_described_by_name()
    {
        var (code, output, _) = InProcess("study", "list");
        Assert.Equal(0, code);
        Assert.Contains(output.Split('\n'), line => line.Contains("sample", StringComparison.Ordinal) && line.Contains("2 s", StringComparison.Ordinal) && line.Contains("9 s", StringComparison.Ordinal));
        Assert.DoesNotContain("seed per size", output, StringComparison.Ordinal);

        (code, output, _) = InProcess("study", "list", "sample");
        Assert.Equal(0, code);
        Assert.Contains("1 seed per size. On two cores: 2 s.", output, StringComparison.Ordinal);
        Assert.Equal(2, InProcess("study", "list", "smaple").ExitCode);
    }

    [Fact]
    public void A_device_that_is_not_there_is_one_line_with_the_reason()
    {
        var (code, output, error) = InProcess("study", "run", "sample", "--device", "cuda:99");
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("ssm: --device cuda:99: ", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Published_data_that_are_not_in_the_folder_of_data_are_one_line()
    {
        var ended = SsmProcess.Ssm(Folder, "study", "run", "selectivity", "--data", "nowhere");
        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith("ssm: 'nowhere' has no files of CIFAR-10", Assert.Single(ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public void Every_command_has_a_description_and_examples_in_its_help()
    {
        foreach (var path in CommandPaths(CommandList.All([new SampleStudy()]), []))
        {
            var (code, output, _) = InProcess([.. path, "--help"]);
            Assert.Equal(0, code);
            Assert.Contains("Description:", output, StringComparison.Ordinal);
            Assert.Contains($"Examples:\n  ssm {string.Join(' ', path)}", output, StringComparison.Ordinal);
            Assert.All(output.Split('\n'), text => Assert.InRange(text.Length, 0, 100));
        }
    }

    [Fact]
    public void The_program_itself_shows_its_commands()
    {
        var ended = SsmProcess.Ssm(Folder);
        Assert.Equal(0, ended.ExitCode);
        foreach (var name in new[] { "study", "bench", "info", "Examples:" }) Assert.Contains(name, ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_through_a_pipe_is_plain_text_and_ends_with_the_report()
    {
        var ended = SsmProcess.Host(Folder, "study", "run", "sample");
        Assert.Equal(0, ended.ExitCode);
        Assert.DoesNotContain('\u001b', ended.Output + ended.Error);
        Assert.Contains("7 of 7 claims hold", ended.Output, StringComparison.Ordinal);
        Assert.EndsWith($"Report  {Path.Combine("runs", "sample-quick", "report.html")}", ended.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.All(ended.Output.Split('\n'), text => Assert.InRange(text.Length, 0, 100));
        Assert.InRange(ended.ErrorLines.Length, 1, 10);
    }

    [Fact]
    public void A_claim_that_fails_is_shown_in_full_with_exit_code_1()
    {
        var ended = InProcess("study", "run", "sample", "--set", "demand=0.5");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("✗ fails  The dominant eigenvalue of a 3 × 3 matrix is at least 0.5 n", ended.Output, StringComparison.Ordinal);
        Assert.Contains("expected ≥ 1.5, measured 1.2723", ended.Output, StringComparison.Ordinal);
        Assert.Contains("4 of 7 claims hold", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_output_is_the_result_record_and_nothing_else()
    {
        var ended = InProcess("study", "run", "sample", "--json");
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, "runs", "sample-quick", "results.json")), ended.Output);
        Assert.Equal(ended.Output, InProcess("study", "show", "sample-quick", "--json").Output);
    }

    [Fact]
    public void Facts_lists_and_cases_are_JSON_on_request()
    {
        foreach (var arguments in new[] { new[] { "info", "--json" }, ["study", "list", "--json"], ["bench", "--list", "--json"] })
        {
            var (code, output, error) = InProcess(arguments);
            Assert.Equal((0, ""), (code, error));
            JsonDocument.Parse(output).Dispose();
        }
    }

    [Fact]
    public void A_taken_folder_is_refused_and_replaced_on_request()
    {
        Assert.Equal(0, InProcess("study", "run", "sample", "--out", "run").ExitCode);
        var refused = InProcess("study", "run", "sample", "--out", "run", "--seed", "1");
        Assert.Equal(2, refused.ExitCode);
        Assert.Equal("ssm: run: holds a run already; continue it with --resume, replace it with --overwrite, or choose another --out", Assert.Single(refused.ErrorLines));
        Assert.Equal(0, InProcess("study", "run", "sample", "--out", "run", "--seed", "1", "--set", "demand=0.1", "--overwrite").ExitCode);
        Assert.Contains("\"seed\": 1,", File.ReadAllText(Path.Combine(Folder, "run", "config.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run is a run of sample, not of other", "other", "--resume", "run")]
    [InlineData("run: cannot be continued: its seed is 0, not 4; start a new run", "--resume", "run", "--seed", "4")]
    [InlineData("run: cannot be continued: its setting demand is 0.4, not 0.1; start a new run", "--resume", "run", "--set", "demand=0.1")]
    public void Resuming_with_other_options_is_refused(string message, params string[] arguments)
    {
        RunFolder.Create(Path.Combine(Folder, "run"), RunConfiguration.New("sample", new("quick", 0, null, Defaults)));
        var ended = InProcess(["study", "run", .. arguments]);
        Assert.Equal((2, $"ssm: {message}"), (ended.ExitCode, Assert.Single(ended.ErrorLines)));
    }

    [Fact]
    public void Resuming_a_run_of_another_program_version_is_refused()
    {
        RunFolder.Create(Path.Combine(Folder, "run"), RunConfiguration.New("sample", new("quick", 0, null, Defaults)) with { Program = "0.0.9" });
        var ended = InProcess("study", "run", "--resume", "run");
        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith("ssm: run: cannot be continued: its program version is 0.0.9, not ", Assert.Single(ended.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_throws_is_one_line_and_a_stack_trace_only_on_request()
    {
        var ended = InProcess("study", "run", "sample", "--set", "fail-job=0", "--json");
        Assert.Equal((1, "ssm: job n2.seed0 failed: the matrix is singular"), (ended.ExitCode, Assert.Single(ended.ErrorLines)));
        var verbose = InProcess("study", "run", "sample", "--set", "fail-job=0", "--json", "--verbose");
        Assert.Contains("   at ", verbose.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_can_be_shown_in_full()
    {
        Assert.Equal(0, InProcess("study", "run", "sample", "--out", "run").ExitCode);
        var shown = InProcess("study", "show", "run", "--table", "eigenvalues");
        Assert.Contains("Dominant eigenvalue by size", shown.Output, StringComparison.Ordinal);
        var unknown = InProcess("study", "show", "run", "--table", "eigenvalue");
        Assert.Equal((2, "ssm: run has no table 'eigenvalue', did you mean 'eigenvalues'?; it has eigenvalues"), (unknown.ExitCode, Assert.Single(unknown.ErrorLines)));
    }

    private static Dictionary<string, string> Defaults =>
        new SampleStudy().Description.Settings.ToDictionary(setting => setting.Name, setting => setting.Default, StringComparer.Ordinal);

    private static IEnumerable<string[]> CommandPaths(IEnumerable<Command> commands, string[] above) =>
        commands.SelectMany(command => new[] { (string[])[.. above, command.Name] }.Concat(CommandPaths(command.Subcommands, [.. above, command.Name])));

    private Ended InProcess(params string[] arguments) => ConsoleCapture.Run(Folder, () => CommandLine.Run(arguments, [new SampleStudy()]));
}
