using StateSpace.Cli.Terminal;
using StateSpace.Studies;
using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Cli.Commands;

/// <summary>What the person asked for, before defaults.</summary>
internal sealed record StudyRunRequest(
    string? Name, string? Preset, long? Seed, int? Seeds, IReadOnlyList<string> Set, string? Out, string? Resume, bool Overwrite, Device? Device)
{
    private const string DefaultPreset = "quick";
    private const string RunsFolder = "runs";

    /// <summary>Finds the study, resolves its options and makes or opens the folder; nothing is computed.</summary>
    /// <exception cref="UsageException">The study, a preset or a setting is not known, or the options contradict each other.</exception>
    /// <exception cref="StudyInputException">A setting's value is not usable.</exception>
    /// <exception cref="RunFolderException">The folder cannot be used.</exception>
    public PlannedRun Resolve(IReadOnlyList<IStudy> studies)
    {
        if (Out?.Length == 0 || Resume?.Length == 0) throw new UsageException("the name of the run's folder is empty");
        if (Resume is not null) return ResolveResume(studies, Resume);
        if (Name is null) throw new UsageException("which study? give its NAME, or --resume DIR; 'ssm study list' lists them");
        var study = StudyCommand.Find(studies, Name);

        // The plan comes before the folder, so that a bad setting leaves nothing behind.
        var runner = new StudyRunner(study, Options(study.Description));
        return new(study, runner, Folder(runner.Configuration));
    }

    private PlannedRun ResolveResume(IReadOnlyList<IStudy> studies, string path)
    {
        if (Out is not null || Overwrite) throw new UsageException("--resume goes on in its own folder; leave out --out and --overwrite");
        var folder = RunFolder.Open(path);
        var saved = folder.Configuration;
        if (Name is not null && Name != saved.Study) throw new UsageException($"{path} is a run of {saved.Study}, not of {Name}");
        var study = StudyCommand.Find(studies, saved.Study);

        // What is given again must be what the run has; what is not given is taken from the run.
        var options = Options(study.Description) with { Preset = Preset ?? saved.Options.Preset, Seed = Seed ?? saved.Options.Seed, Seeds = Seeds ?? saved.Options.Seeds, Device = Device ?? saved.Options.Device };
        _ = CommonOptions.RequireDevice(options.Device.ToString());
        if (Set.Count == 0) options = options with { Settings = saved.Options.Settings };
        folder.RequireSame(RunConfiguration.New(saved.Study, options));
        return new(study, new StudyRunner(study, options), folder);
    }

    private StudyOptions Options(StudyDescription study)
    {
        var presets = study.Presets.Select(preset => preset.Name).ToList();
        if (Preset is not null && !presets.Contains(Preset))
            throw new UsageException($"study {study.Name} has no preset '{Preset}'{ClosestName.Hint(Preset, presets)}; it has {string.Join(", ", presets)}");

        var settings = study.Settings.ToDictionary(setting => setting.Name, setting => setting.Default, StringComparer.Ordinal);
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in Set)
        {
            var parts = text.Split('=', 2);
            if (parts.Length < 2 || parts[0].Length == 0) throw new UsageException($"--set '{text}' has not the form name=value");
            if (!settings.ContainsKey(parts[0]))
            {
                var known = settings.Count == 0 ? "it has none" : $"it has {string.Join(", ", settings.Keys)}";
                throw new UsageException($"study {study.Name} has no setting '{parts[0]}'{ClosestName.Hint(parts[0], settings.Keys)}; {known}");
            }

            if (!given.Add(parts[0])) throw new UsageException($"--set {parts[0]} is given twice");
            settings[parts[0]] = parts[1];
        }

        var device = Device ?? Tensors.Device.Cpu;
        if (!device.IsCpu && !study.CanUseGpu) throw new UsageException($"--device {device}: study {study.Name} computes on the CPU alone; leave it out");
        return new(Preset ?? DefaultPreset, Seed ?? 0, Seeds, settings) { Device = device };
    }

    private RunFolder Folder(RunConfiguration configuration)
    {
        if (Out is not null) return RunFolder.Create(Out, configuration, Overwrite);
        var first = Path.Combine(RunsFolder, $"{configuration.Study}-{configuration.Options.Preset}");
        if (Overwrite) return RunFolder.Create(first, configuration, Overwrite);
        for (var number = 1; ; number++)
        {
            var path = number == 1 ? first : $"{first}-{number}";
            if (RunFolder.IsFree(path)) return RunFolder.Create(path, configuration);

            // The same run, interrupted and asked for again, goes on.
            if (RunFolder.TryOpenUnfinished(path, configuration) is { } unfinished) return unfinished;
        }
    }
}

/// <summary>A run that is ready to start.</summary>
internal sealed record PlannedRun(IStudy Study, StudyRunner Runner, RunFolder Folder)
{
    /// <summary>The command that continues it.</summary>
    public string ResumeLine => $"ssm study run --resume {(Folder.Path.Contains(' ', StringComparison.Ordinal) ? $"\"{Folder.Path}\"" : Folder.Path)}";
}
