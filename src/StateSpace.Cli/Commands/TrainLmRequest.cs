using StateSpace.Cli.Terminal;
using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.LanguageModels;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Cli.Commands;

/// <summary>What the person asked for, before defaults.</summary>
internal sealed record TrainLmRequest(
    IReadOnlyList<string> Data,
    string? Model,
    string? Preset,
    string? Config,
    IReadOnlyList<string> Set,
    long? Steps,
    double? Minutes,
    long? Seed,
    string? Tokenizer,
    string? Separator,
    string? Out,
    string? Resume,
    bool Overwrite,
    Device Device,
    string? From = null)
{
    private const string RunsFolder = "runs";
    private const double MostMinutes = 1e6;

    /// <summary>Reads the text, resolves every setting and makes or opens the folder; trains nothing but the steps that <c>--minutes</c> measures.</summary>
    /// <param name="notify">Takes a line on what is measured; null where nobody wants it.</param>
    /// <param name="processes">How many processes will share the work.</param>
    /// <exception cref="UsageException">An option is not usable, or options contradict each other.</exception>
    /// <exception cref="TrainingInputException">Data or settings are not usable.</exception>
    /// <exception cref="RunFolderException">The folder cannot be used.</exception>
    public PlannedTraining Resolve(Action<string>? notify, int processes = 1)
    {
        if (Out?.Length == 0 || Resume?.Length == 0) throw new UsageException("the name of the run's folder is empty");
        if (Minutes is { } minutes && !(minutes > 0 && minutes <= MostMinutes)) throw new UsageException($"--minutes is {minutes}, it must be a number above 0");
        if (Minutes is not null && Steps is not null) throw new UsageException("--minutes finds the number of steps; leave out --steps");
        return Resume is null ? ResolveNew(notify, processes) : ResolveResume(Resume, processes);
    }

    private PlannedTraining ResolveResume(string path, int processes)
    {
        if (Out is not null || Overwrite) throw new UsageException("--resume goes on in its own folder; leave out --out and --overwrite");
        if (Model is not null || Preset is not null || Config is not null || Set.Count > 0 || Steps is not null || Minutes is not null || Seed is not null || Separator is not null || From is not null)
            throw new UsageException("--resume goes on as the run began; beside it only --data and --tokenizer may be given, for files that were moved");
        var folder = TrainingFolder.Open(path);
        if (processes > 1) LanguageModelTrainer.RequireShareable(folder.Configuration.Settings, processes);
        return Opened(folder);
    }

    /// <summary>A run that is there, with its text and tokenizer.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <exception cref="TrainingInputException">The text cannot be read.</exception>
    /// <exception cref="RunFolderException">Text or tokenizer have changed.</exception>
    public PlannedTraining Opened(TrainingFolder folder)
    {
        var (path, saved) = (folder.Path, folder.Configuration);
        if (saved.Program != RunConfiguration.CurrentProgram)
            Console.Error.WriteLine($"ssm: {path} was begun by ssm {saved.Program}; this is {RunConfiguration.CurrentProgram}, the last bits may differ");
        var tokenizer = TextTokenizer.Open(Tokenizer ?? saved.Tokenizer);
        var corpus = TextCorpus.Read(Data.Count > 0 ? [.. Data.Select(Located)] : [.. saved.Data.Select(file => Located(file.Path))], tokenizer.Encode, saved.Separator, (int)saved.Settings.Length);
        folder.RequireSame(saved with { Data = corpus.Files, Tokenizer = tokenizer.Name, TokenizerSha256 = tokenizer.Sha256 });
        LanguageModelKinds.Check(saved, tokenizer, Device);
        return new(folder, corpus, tokenizer, Device);
    }

    private PlannedTraining ResolveNew(Action<string>? notify, int processes)
    {
        var file = Config is null ? RequestFile.Empty : RequestFile.Read(Config, ClosestName.Hint);
        var from = From ?? file.From;
        if (from is not null && Model is not null) throw new UsageException("--from goes on with the model that it names; leave out --model");
        var model = from is null ? Known("model", Model ?? file.Model ?? LanguageModelKinds.Default, LanguageModelKinds.Names) : InitialWeights.ModelName;
        var preset = Known("preset", Preset ?? file.Preset ?? Presets.Default, Presets.Names);
        var (weights, architecture, isRecurrent) = from is null ? (null, file.Architecture, LanguageModelKinds.IsRecurrent(model)) : InitialWeights.Open(from);
        var settings = Presets.Of(preset, model) with { Evaluation = isRecurrent ? EvaluationMode.Carried : EvaluationMode.Overlapping };
        foreach (var (setting, value) in file.Settings) settings = setting.Write(settings, value, Config!);
        settings = WithSet(settings);
        if (Steps is { } steps) settings = settings with { Steps = steps };

        if (processes > 1) LanguageModelTrainer.RequireShareable(settings, processes);

        // What costs nothing to check comes before the text is read, the text before anything is computed, the folder last.
        if (Out is not null) TrainingFolder.RequireUsable(Out, Overwrite);
        IReadOnlyList<string> paths = Data.Count > 0 ? Data : file.Data ?? [];
        if (paths.Count == 0) throw new UsageException("which text? give files with --data, or --resume DIR");
        var own = from is not null && File.Exists(Path.Combine(from, "tokenizer.json")) ? from : TextTokenizer.ByteName;
        var tokenizer = TextTokenizer.Open(Tokenizer ?? file.Tokenizer ?? own);
        var separator = Separator ?? file.Separator;
        if (separator?.Length == 0) throw new UsageException("--separator is empty");
        var corpus = TextCorpus.Read([.. paths.Select(Located)], tokenizer.Encode, separator, (int)settings.Length);
        var configuration = new RunConfiguration(
            RunConfiguration.CurrentProgram, model, preset, Seed ?? file.Seed ?? 0, tokenizer.Name, tokenizer.Sha256, separator, corpus.Files, settings, architecture, weights);
        LanguageModelKinds.Check(configuration, tokenizer, Device);
        if (Minutes is { } minutes) configuration = TimeBudget.Fit(configuration, corpus, tokenizer, TimeSpan.FromMinutes(minutes), notify, Device);
        return new(Folder(configuration), corpus, tokenizer, Device);
    }

    private LanguageModelSettings WithSet(LanguageModelSettings settings)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in Set)
        {
            var parts = text.Split('=', 2);
            if (parts.Length < 2 || parts[0].Length == 0) throw new UsageException($"--set '{text}' has not the form name=value");
            var setting = SettingList.Find(parts[0])
                ?? throw new UsageException($"there is no setting '{parts[0]}'{ClosestName.Hint(parts[0], SettingList.All.Select(known => known.Name))}; 'ssm train lm --list' shows all");
            if (!given.Add(parts[0])) throw new UsageException($"--set {parts[0]} is given twice");
            settings = setting.WriteText(settings, parts[1], "--set");
        }

        return settings;
    }

    private TrainingFolder Folder(RunConfiguration configuration)
    {
        if (Out is not null) return TrainingFolder.Create(Out, configuration, Overwrite);
        var first = Path.Combine(RunsFolder, $"lm-{configuration.Model}-{configuration.Preset}");
        if (Overwrite) return TrainingFolder.Create(first, configuration, Overwrite);
        for (var number = 1; ; number++)
        {
            var path = number == 1 ? first : $"{first}-{number}";
            if (TrainingFolder.IsFree(path)) return TrainingFolder.Create(path, configuration);

            // The same run, interrupted and asked for again, goes on.
            if (TrainingFolder.TryOpenUnfinished(path, configuration) is { } unfinished) return unfinished;
        }
    }

    private static string Known(string kind, string name, IReadOnlyList<string> names) => names.Contains(name, StringComparer.Ordinal)
        ? name
        : throw new UsageException($"there is no {kind} '{name}'{ClosestName.Hint(name, names)}; there are {string.Join(", ", names)}");

    // A file that is not here may lie in the data folder.
    private static string Located(string path) =>
        !File.Exists(path) && Environment.GetEnvironmentVariable("SSM_DATA") is { Length: > 0 } folder && File.Exists(Path.Combine(folder, path))
            ? Path.Combine(folder, path)
            : path;
}

/// <summary>A run that is ready to start.</summary>
internal sealed record PlannedTraining(TrainingFolder Folder, TextCorpus Corpus, TextTokenizer Tokenizer, Device Device)
{
    /// <summary>The command that continues it.</summary>
    /// <param name="processes">How many compute together.</param>
    public string ResumeLine(int processes)
    {
        var path = Folder.Path.Contains(' ', StringComparison.Ordinal) ? $"\"{Folder.Path}\"" : Folder.Path;
        if (processes > 1) return $"ssm launch --{(Device.IsCpu ? "processes" : "gpus")} {processes} train lm --resume {path}{(Device.IsCpu ? "" : " --device cuda")}";
        return $"ssm train lm --resume {path}{(Device.IsCpu ? "" : $" --device {Device}")}";
    }
}
