using StateSpace.Training.Checkpointing;

namespace StateSpace.Studies;

/// <summary>
/// The folder of a run: <c>config.json</c>, the journal <c>metrics.jsonl</c>, and once it is finished <c>tables/*.csv</c>,
/// <c>charts/*.csv</c>, <c>results.json</c> and <c>report.html</c>, written in this order.
/// </summary>
public sealed class RunFolder
{
    private const string MetricsName = "metrics.jsonl";
    private const string ResultsName = "results.json";
    private const string ReportName = "report.html";
    private const string TablesName = "tables";
    private const string ChartsName = "charts";

    private RunFolder(string path, RunConfiguration configuration)
    {
        Path = path;
        Configuration = configuration;
    }

    /// <summary>The folder, as it was given.</summary>
    public string Path { get; }

    /// <summary>What the run computes.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>The journal.</summary>
    public string MetricsPath => System.IO.Path.Combine(Path, MetricsName);

    /// <summary>The result record.</summary>
    public string ResultsPath => System.IO.Path.Combine(Path, ResultsName);

    /// <summary>The report.</summary>
    public string ReportPath => System.IO.Path.Combine(Path, ReportName);

    /// <summary>Whether every job is done and the results are written.</summary>
    public bool IsFinished => File.Exists(ResultsPath);

    /// <summary>The file of a table.</summary>
    public string TablePath(string table) => System.IO.Path.Combine(Path, TablesName, table + ".csv");

    /// <summary>The file of a chart's data.</summary>
    public string ChartPath(string chart) => System.IO.Path.Combine(Path, ChartsName, chart + ".csv");

    /// <summary>Whether nothing is at the path, or a folder that is empty but for what a killed process began to write.</summary>
    public static bool IsFree(string path) => RunPath.IsFree(path);

    /// <summary>Makes the folder of a new run.</summary>
    /// <param name="path">Must be free, or hold a run that <paramref name="overwrite"/> allows to remove.</param>
    /// <param name="configuration">What the run computes.</param>
    /// <param name="overwrite">Removes the files of a run that is there; other files stay.</param>
    /// <exception cref="RunFolderException">The path is taken or not writable.</exception>
    public static RunFolder Create(string path, RunConfiguration configuration, bool overwrite = false)
    {
        RunPath.RequireUsable(path, "run", HoldsRun, overwrite);
        RunPath.Create(path, RemoveRun, configuration.ToJson());
        return new(path, configuration);
    }

    /// <summary>Opens the folder of a run.</summary>
    /// <exception cref="RunFolderException">There is no run, or its configuration is damaged.</exception>
    public static RunFolder Open(string path) => new(path, RunConfiguration.Read(RunPath.RequireRun(path)));

    /// <summary>The unfinished run of <paramref name="configuration"/> that is at the path and that no process works on; null for anything else.</summary>
    public static RunFolder? TryOpenUnfinished(string path, RunConfiguration configuration)
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

    /// <summary>Checks that this program, asked for <paramref name="wanted"/>, may go on with the run.</summary>
    /// <exception cref="RunFolderException">The run is of another study, configuration or program version.</exception>
    public void RequireSame(RunConfiguration wanted)
    {
        if (Configuration.DifferenceFrom(wanted) is { } difference)
            throw RunFolderException.Unusable(Path, $"cannot be continued: its {difference}; start a new run");
    }

    private static bool HoldsRun(string path)
    {
        var configuration = RunPath.Configuration(path);
        if (!File.Exists(configuration)) return false;
        if (File.Exists(System.IO.Path.Combine(path, MetricsName))) return true;
        try
        {
            RunConfiguration.Read(configuration);
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
        foreach (var folder in new[] { TablesName, ChartsName })
        {
            var full = System.IO.Path.Combine(path, folder);
            if (!Directory.Exists(full)) continue;
            foreach (var pattern in new[] { "*.csv", "*.csv" + AtomicFile.PartialSuffix })
                foreach (var file in Directory.EnumerateFiles(full, pattern)) File.Delete(file);
            if (!Directory.EnumerateFileSystemEntries(full).Any()) Directory.Delete(full);
        }

        foreach (var name in new[] { ReportName, ResultsName, MetricsName, RunPath.ConfigurationName })
        {
            File.Delete(System.IO.Path.Combine(path, name + AtomicFile.PartialSuffix));
            File.Delete(System.IO.Path.Combine(path, name));
        }
    }
}
