using System.CommandLine;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Reporting.Training;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cuda;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.Distributed;
using StateSpace.Training.LanguageModels;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm train lm</c>.</summary>
internal static class TrainLmCommand
{
    public static Command Create()
    {
        var data = new Option<string[]>("--data")
        {
            Description = "Text files; the last tenth of all is held out. A name that is not found is looked for in the folder of SSM_DATA",
            HelpName = "FILE…",
            AllowMultipleArgumentsPerToken = true,
        };
        var model = new Option<string?>("--model") { Description = $"Kind of model (default {LanguageModelKinds.Default})", HelpName = string.Join('|', LanguageModelKinds.Names) };
        var from = new Option<string?>("--from") { Description = "Go on with the weights of a model folder, and its tokenizer, in place of random ones", HelpName = "MODEL" };
        var preset = new Option<string?>("--preset") { Description = $"Sizes and course (default {Presets.Default})", HelpName = string.Join('|', Presets.Names) };
        var config = new Option<string?>("--config") { Description = "Settings from a file; --list shows its keys", HelpName = "FILE.json" };
        var set = new Option<string[]>("--set") { Description = "Value of a setting; may be given several times", HelpName = "name=value" };
        var steps = CommonOptions.WholeNumber("--steps", "Steps of the optimizer (default: the preset's)", 1);
        var minutes = new Option<double?>("--minutes")
        {
            Description = "As many steps as fit into this time: a few are measured first, and the number is then fixed",
            HelpName = "M",
        };
        var seed = CommonOptions.WholeNumber("--seed", "Seed of weights and order (default 0)", 0, long.MaxValue);
        var tokenizer = new Option<string?>("--tokenizer") { Description = "A tokenizer.json, or byte (default)", HelpName = "FILE|byte" };
        var separator = new Option<string?>("--separator") { Description = "Text after which a new document begins (default: each file is one)", HelpName = "TEXT" };
        var output = new Option<string?>("--out") { Description = "Folder of the run (default runs/lm-MODEL-PRESET)", HelpName = "DIR" };
        var resume = new Option<string?>("--resume") { Description = "Continue the interrupted run in this folder", HelpName = "DIR" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the run that is in the folder" };
        var threads = CommonOptions.WholeNumber("--threads", $"Threads (default: the processors, {Environment.ProcessorCount}); the bits do not depend on it", 1);
        var device = CommonOptions.Device();
        var json = CommonOptions.Json("Print the outcome (results.json) and nothing else");
        var list = new Option<bool>("--list") { Description = "Show presets and settings with their ranges, and do nothing" };
        var command = new ProgramCommand(
            "lm",
            "Train a language model on text: bytes, or the tokens of a tokenizer. Checkpoints are model folders. A run that was stopped, also "
            + "by a crash, continues with --resume and ends with the same bits.",
            ("ssm train lm --data book.txt", "a small Mamba, into runs/lm-mamba-small"),
            ("ssm train lm --data a.txt b.txt --model transformer", "another kind of model"),
            ("ssm train lm --data book.txt --preset tiny --minutes 1", "as much as a minute allows"),
            ("ssm train lm --data book.txt --set width=256 --set layers=6", "another size"),
            ("ssm train lm --data book.txt --from runs/lm-mamba-small/best --set rate=0.0003", "go on with a trained model on another text"),
            ("ssm train lm --resume runs/lm-mamba-small", "continue after Ctrl+C, a crash or a full disk"),
            ("ssm train lm --config runs/lm-mamba-small/config.json --seed 1", "an earlier run again, with another seed"))
        {
            data, model, from, preset, config, set, steps, minutes, seed, tokenizer, separator, output, resume, overwrite, threads, device, json, list,
        };
        command.SetAction(parse =>
        {
            if (parse.GetValue(list))
            {
                SettingSummary.Write(Screen.Output());
                return ExitCode.Done;
            }

            var launched = LaunchEnvironment.Read();
            var on = CommonOptions.RequireDevice(DeviceOf(parse.GetValue(device)!, launched));
            var request = new TrainLmRequest(
                parse.GetValue(data) ?? [],
                parse.GetValue(model),
                parse.GetValue(preset),
                parse.GetValue(config),
                parse.GetValue(set) ?? [],
                parse.GetValue(steps),
                parse.GetValue(minutes),
                parse.GetValue(seed),
                parse.GetValue(tokenizer),
                parse.GetValue(separator),
                parse.GetValue(output),
                parse.GetValue(resume),
                parse.GetValue(overwrite),
                on,
                parse.GetValue(from));
            if (parse.GetValue(threads) is { } count) CpuTeam.Threads = (int)count;
            var asJson = parse.GetValue(json);
            return launched is null ? Run(request.Resolve(asJson ? null : Console.Error.WriteLine), null, asJson) : SharedTraining.Run(launched, request, asJson, Run);
        });
        return command;
    }

    /// <summary>Each of several processes of a machine has a GPU of its own, unless one is named.</summary>
    private static string DeviceOf(string device, LaunchEnvironment? launched) => launched is not null && device == "cuda" ? $"cuda:{launched.LocalRank}" : device;

    private static int Run(PlannedTraining run, ICommunicator? communicator, bool json)
    {
        var result = run.Folder.IsFinished ? ResultFile.Read(run.Folder) : Train(run, communicator, json);
        if (!run.Folder.IsFinished || !File.Exists(run.Folder.ReportPath)) TrainingReport.Write(run.Folder, result);
        if (!result.IsFinished)
        {
            Console.Error.WriteLine($"ssm: interrupted at step {result.Metrics.Steps.Count} of {result.Configuration.Settings.Steps}, which is saved; continue with: {run.ResumeLine(communicator?.Size ?? 1)}");
            return ExitCode.Interrupted;
        }

        if (json) Console.Out.Write(File.ReadAllText(run.Folder.ResultsPath));
        else WriteSummary(Screen.Output(), run, result);
        return ExitCode.Done;
    }

    private static TrainingResult Train(PlannedTraining run, ICommunicator? communicator, bool quiet)
    {
        using var interruption = new Interruption();
        using var trainer = new LanguageModelTrainer(run.Folder.Configuration, run.Corpus, run.Tokenizer, run.Device, communicator);
        try
        {
            return TrainingDisplay.Watch(run, trainer, quiet, () => trainer.Run(run.Folder, interruption.Token));
        }
        catch (RunFolderException error) when (error.DiskFull)
        {
            throw new DiskFullException($"{error.Message}; free them and continue with: {run.ResumeLine(communicator?.Size ?? 1)}", error);
        }
    }

    private static void WriteSummary(IAnsiConsole screen, PlannedTraining run, TrainingResult result)
    {
        var (folder, settings, seconds) = (run.Folder, result.Configuration.Settings, result.Seconds);
        screen.MarkupLineInterpolated($"[bold]{result.Configuration.Model}[/], {result.Parameters:N0} weights, {settings.Steps:N0} steps of {result.TokensPerStep:N0} tokens in {seconds / 60:0.0} minutes");
        screen.WriteLine();
        ResultSummary.WriteTable(screen, folder.Path, TrainingReport.Outcome(result), maximumRows: 4);
        var best = result.Final is { Checkpoint: "best" } || !Directory.Exists(folder.LastPath) ? folder.BestPath : folder.LastPath;
        screen.WriteLine($"Model   {best}");
        screen.WriteLine($"Report  {folder.ReportPath}");
        if (!run.Device.IsCpu) screen.WriteLine($"Memory  {CudaDevice.Of(run.Device).Memory.PeakBytes / (double)(1 << 30):0.0} GiB of {run.Device} at the peak");
    }
}
