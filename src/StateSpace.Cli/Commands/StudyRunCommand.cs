using System.CommandLine;
using StateSpace.Cli.Terminal;
using StateSpace.Reporting;
using StateSpace.Studies;
using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm study run</c>.</summary>
internal static class StudyRunCommand
{
    public static Command Create(IReadOnlyList<IStudy> studies)
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "Name of the study; not needed with --resume",
            HelpName = "NAME",
            Arity = ArgumentArity.ZeroOrOne,
        };
        name.CompletionSources.Add(_ => studies.Select(study => new System.CommandLine.Completions.CompletionItem(study.Description.Name)));
        var preset = new Option<string?>("--preset") { Description = "Size of the run: quick (default), standard or paper", HelpName = "quick|standard|paper" };
        var seed = CommonOptions.WholeNumber("--seed", "First seed (default 0)", 0, long.MaxValue);
        var seeds = CommonOptions.WholeNumber("--seeds", "Number of seeds (default: the preset's)", 1);
        var set = new Option<string[]>("--set") { Description = "Value of a setting of the study; may be given several times", HelpName = "name=value" };
        var data = new Option<string?>("--data") { Description = "Folder with the study's published data, as --set data=DIR; that of SSM_DATA where not given", HelpName = "DIR" };
        var output = new Option<string?>("--out") { Description = "Folder of the run (default runs/NAME-PRESET)", HelpName = "DIR" };
        var resume = new Option<string?>("--resume") { Description = "Continue the interrupted run in this folder", HelpName = "DIR" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the run that is in the folder" };
        var threads = CommonOptions.WholeNumber("--threads", $"Jobs that run at a time (default: the processors, {Environment.ProcessorCount})", 1);
        var device = CommonOptions.Device();
        var json = CommonOptions.Json("Print the result record (results.json) and nothing else");
        var command = new ProgramCommand(
            "run",
            "Run a study: compute, check its claims and write tables, charts and a report into a folder. A run that was "
            + "stopped continues with --resume and ends with the same bytes.",
            ("ssm study run complex-vs-real", "quick preset, into runs/complex-vs-real-quick"),
            ("ssm study run complex-vs-real --preset paper --seeds 5", "at the paper's size"),
            ("ssm study run --resume runs/complex-vs-real-paper", "continue after Ctrl+C, a crash or a full disk"),
            ("ssm study run complex-vs-real --json | jq .claims", "for another program"))
        {
            name, preset, seed, seeds, set, data, output, resume, overwrite, threads, device, json,
        };
        command.SetAction(parse =>
        {
            Device? where = parse.GetResult(device) is { Implicit: false } ? CommonOptions.RequireDevice(parse.GetValue(device)) : null;
            var request = new StudyRunRequest(
                parse.GetValue(name),
                parse.GetValue(preset),
                parse.GetValue(seed),
                (int?)parse.GetValue(seeds),
                [.. parse.GetValue(set) ?? [], .. parse.GetValue(data) is { } folder ? (string[])[$"data={folder}"] : []],
                parse.GetValue(output),
                parse.GetValue(resume),
                parse.GetValue(overwrite),
                where);
            return Run(request.Resolve(studies), (int?)parse.GetValue(threads) ?? Environment.ProcessorCount, parse.GetValue(json));
        });
        return command;
    }

    private static int Run(PlannedRun run, int threads, bool json)
    {
        var result = run.Folder.IsFinished ? ResultJson.Read(run.Folder.ResultsPath) : Compute(run, threads, json);
        if (result is null) return ExitCode.Interrupted;
        if (!File.Exists(run.Folder.ReportPath)) RunFiles.WriteReport(run.Folder, run.Study.Description, result);
        if (json) Console.Out.Write(File.ReadAllText(run.Folder.ResultsPath));
        else ResultSummary.Write(Screen.Output(), run.Study.Description, run.Folder, result);
        return result.Claims.All(claim => claim.Holds) ? ExitCode.Done : ExitCode.CheckFailed;
    }

    private static StudyResult? Compute(PlannedRun run, int threads, bool quiet)
    {
        using var interruption = new Interruption();
        try
        {
            var result = RunProgress.Watch(run, quiet, () => run.Runner.Run(run.Folder, threads, interruption.Token));
            RunFiles.Write(run.Folder, run.Study.Description, result);
            return result;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            Console.Error.WriteLine(
                $"ssm: interrupted with {run.Runner.Progress.Saved} of {run.Runner.Progress.Jobs.Count} jobs saved; continue with: {run.ResumeLine}");
            return null;
        }
        catch (RunFolderException error) when (error.DiskFull)
        {
            throw new DiskFullException($"{error.Message}; free them and continue with: {run.ResumeLine}", error);
        }
    }
}
