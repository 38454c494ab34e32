using StateSpace.Training.Checkpointing;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>
/// The folder of a training run: <c>config.json</c>, the journal <c>metrics.jsonl</c>, wall-clock times in <c>timings.jsonl</c>, the
/// checkpoints <c>last</c> and <c>best</c>, and, once it is finished, <c>results.json</c>, <c>charts/*.csv</c> and <c>report.html</c>.
/// </summary>
public sealed class TrainingFolder
{
    private const string MetricsName = "metrics.jsonl";
    private const string TimingsName = "timings.jsonl";
    private const string LastName = "last";
    private const string BestName = "best";
    private const string ResultsName = "results.json";
    private const string ReportName = "report.html";
    private const string ChartsName = "charts";

    private TrainingFolder(string path, RunConfiguration configuration)
    {
        Path = path;
        Configuration = configuration;
    }

    /// <summary>The folder, as it was given.</summary>
    public string Path { get; }

    /// <summary>What the run computes.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>One line per step and per evaluation; the same bytes however often the run was interrupted.</summary>
    public string MetricsPath => In(MetricsName);

    /// <summary>How long it took.</summary>
    public string TimingsPath => In(TimingsName);

    /// <summary>The newest checkpoint: a model folder with what training needs to go on.</summary>
    public string LastPath => In(LastName);

    /// <summary>The checkpoint with the least held-out loss: a model folder.</summary>
    public string BestPath => In(BestName);

    /// <summary>The outcome.</summary>
    public string ResultsPath => In(ResultsName);

    /// <summary>The report.</summary>
    public string ReportPath => In(ReportName);

    /// <summary>Whether every step is done and the outcome is written.</summary>
    public bool IsFinished => File.Exists(ResultsPath);

    /// <summary>The file of a chart's data.</summary>
    /// <param name="chart">Name of the chart.</param>
    public string ChartPath(string chart) => System.IO.Path.Combine(Path, ChartsName, chart + ".csv");

    /// <summary>Whether nothing is at the path, or a folder that is empty but for what a killed process began to write.</summary>
    /// <param name="path">The folder.</param>
    public static bool IsFree(string path) => RunPath.IsFree(path);

    /// <summary>Checks that a new run may be made, before anything is computed.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="overwrite">Whether a run that is there may be removed.</param>
    /// <exception cref="RunFolderException">The path is taken.</exception>
    public static void RequireUsable(string path, bool overwrite) => RunPath.RequireUsable(path, "training run", HoldsRun, overwrite);

    /// <summary>Makes the folder of a new run.</summary>
    /// <param name="path">Must be free, or hold a run that <paramref name="overwrite"/> allows to remove.</param>
    /// <param name="configuration">What the run computes.</param>
    /// <param name="overwrite">Removes the files of a run that is there; other files stay.</param>
    /// <exception cref="RunFolderException">The path is taken or not writable.</exception>
    public static TrainingFolder Create(string path, RunConfiguration configuration, bool overwrite = false)
    {
        RequireUsable(path, overwrite);
        RunPath.Create(path, RemoveRun, configuration.ToJson());
        return new(path, configuration);
    }

    /// <summary>Opens the folder of a run.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="RunFolderException">There is no run, or its configuration is damaged.</exception>
    public static TrainingFolder Open(string path) => new(path, RunConfiguration.Read(RunPath.RequireRun(path)));

    /// <summary>The unfinished run of <paramref name="configuration"/> that is at the path and that no process works on; null for anything else.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="configuration">What the run computes.</param>
    public static TrainingFolder? TryOpenUnfinished(string path, RunConfiguration configuration)
    {
        try
        {
            var folder = Open(path);
            if (folder.IsFinished || folder.Configuration.DifferenceFrom(configuration) is not null) return null;
            Journal.Resume(folder.MetricsPath, out _).Dispose();
            return folder;
        }
        catch (RunFolderException)
        {
            return null;
        }
    }

    /// <summary>Checks that the run is the one that was asked for.</summary>
    /// <param name="wanted">What was asked for.</param>
    /// <exception cref="RunFolderException">It is another.</exception>
    public void RequireSame(RunConfiguration wanted)
    {
        if (Configuration.DifferenceFrom(wanted) is { } difference)
            throw RunFolderException.Unusable(Path, $"cannot be continued: its {difference}; start a new run");
    }

    private static bool HoldsRun(string path)
    {
        try
        {
            RunConfiguration.Read(RunPath.Configuration(path));
            return true;
        }
        catch (RunFolderException)
        {
            return false;
        }
    }

    // The configuration goes last, so that a process killed on the way leaves a folder that can still be continued or replaced.
    private static void RemoveRun(string path)
    {
        // Opening for writing fails while another process works on the run.
        var metrics = System.IO.Path.Combine(path, MetricsName);
        if (File.Exists(metrics)) Journal.Resume(metrics, out _).Dispose();
        foreach (var checkpoint in new[] { LastName, BestName }) AtomicFolder.Delete(System.IO.Path.Combine(path, checkpoint));
        var charts = System.IO.Path.Combine(path, ChartsName);
        if (Directory.Exists(charts))
        {
            foreach (var file in Directory.EnumerateFiles(charts, "*.csv*")) File.Delete(file);
            if (!Directory.EnumerateFileSystemEntries(charts).Any()) Directory.Delete(charts);
        }

        foreach (var name in new[] { ReportName, ResultsName, TimingsName, MetricsName, RunPath.ConfigurationName })
        {
            File.Delete(System.IO.Path.Combine(path, name + AtomicFile.PartialSuffix));
            File.Delete(System.IO.Path.Combine(path, name));
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
