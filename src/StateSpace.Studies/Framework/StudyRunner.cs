using System.Diagnostics;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Studies;

/// <summary>
/// Runs a study's plan: jobs in parallel, each outcome journalled in plan order, then the conclusion. The result and every
/// byte of the journal are the same for any number of threads and however often the run was interrupted and resumed.
/// </summary>
public sealed class StudyRunner
{
    // Jobs poll their token every 0.2 s; whoever asked to stop waits no longer than this for one that does not.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(0.7);

    private readonly IStudy _study;

    /// <summary>Plans the study; nothing is computed or written.</summary>
    /// <exception cref="StudyInputException">A setting's value is not usable.</exception>
    public StudyRunner(IStudy study, StudyOptions options)
    {
        _study = study;
        Configuration = RunConfiguration.New(study.Description.Name, options);
        var jobs = study.Plan(options);
        ResultCheck.Plan(study.Description.Name, jobs);
        Progress = new StudyProgress(jobs);
    }

    /// <summary>What the run computes.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>How far the run is.</summary>
    public StudyProgress Progress { get; }

    /// <summary>Computes what the folder's journal does not hold yet.</summary>
    /// <param name="folder">Folder of a run of the same configuration.</param>
    /// <param name="threads">Jobs that run at a time, at least 1.</param>
    /// <param name="cancellation">Stops the run within a second; what is journalled stays and can be resumed.</param>
    /// <returns>The result; its elapsed time is that of this call, not of earlier interrupted ones.</returns>
    /// <exception cref="RunFolderException">The folder is of another run, or cannot be written; the run can be resumed.</exception>
    /// <exception cref="StudyInputException">A job found an input that is not usable.</exception>
    /// <exception cref="StudyJobException">A job failed; the run can be resumed.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public StudyResult Run(RunFolder folder, int threads, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        folder.RequireSame(Configuration);
        var clock = Stopwatch.StartNew();
        using var journal = JobJournal.Open(folder.MetricsPath, Progress);
        new JobPool(Progress, journal).Run(threads, StopPatience, cancellation);

        var conclusion = _study.Conclude(Configuration.Options, journal.Outcomes);
        ResultCheck.Conclusion(Configuration.Study, conclusion);
        cancellation.ThrowIfCancellationRequested();
        return new(
            Configuration.Study,
            Configuration.Options.Preset,
            Configuration.Options.Seed,
            clock.Elapsed.TotalSeconds,
            conclusion.Claims,
            conclusion.Tables,
            conclusion.Charts,
            conclusion.Sections);
    }
}

/// <summary>A job of a study failed; the message is one line that names the job and the cause.</summary>
public sealed class StudyJobException(string job, Exception cause)
    : Exception($"job {job} failed: {cause.Message.ReplaceLineEndings(" ")}", cause)
{
    /// <summary>Id of the job.</summary>
    public string Job { get; } = job;
}
