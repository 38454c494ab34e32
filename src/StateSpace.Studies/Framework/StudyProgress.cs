namespace StateSpace.Studies;

/// <summary>How far a run is; may be read from any thread at any time.</summary>
/// <param name="jobs">The jobs in plan order.</param>
public sealed class StudyProgress(IEnumerable<StudyJob> jobs)
{
    /// <summary>Every job, in plan order.</summary>
    public IReadOnlyList<JobProgress> Jobs { get; } = [.. jobs.Select(job => new JobProgress(job))];

    /// <summary>Jobs that are done, those restored from the journal included.</summary>
    public int Done => Jobs.Count(job => job.State is JobState.Restored or JobState.Done);

    /// <summary>Jobs whose outcome is on the disk, so that a resumed run does not compute them again.</summary>
    public int Saved => Jobs.Count(job => job.IsSaved);

    /// <summary>Estimated seconds of the whole plan that are behind, 0 … <see cref="TotalWeight"/>.</summary>
    public double DoneWeight => Jobs.Sum(job => job.Job.Weight * job.Fraction);

    /// <summary>Estimated seconds that the journal gave back without computing.</summary>
    public double RestoredWeight => Jobs.Where(job => job.State == JobState.Restored).Sum(job => job.Job.Weight);

    /// <summary>Estimated seconds of the whole plan.</summary>
    public double TotalWeight => Jobs.Sum(job => job.Job.Weight);
}

/// <summary>How far a job is.</summary>
/// <param name="job">The job.</param>
public sealed class JobProgress(StudyJob job)
{
    private double _fraction;
    private volatile JobState _state;
    private volatile bool _isSaved;

    /// <summary>The job.</summary>
    public StudyJob Job => job;

    /// <summary>Where it stands.</summary>
    public JobState State
    {
        get => _state;
        internal set => _state = value;
    }

    /// <summary>Fraction done, 0 … 1.</summary>
    public double Fraction => State switch
    {
        JobState.Restored or JobState.Done => 1,
        JobState.Running => Volatile.Read(ref _fraction),
        _ => 0,
    };

    /// <summary>Whether its outcome is on the disk.</summary>
    public bool IsSaved
    {
        get => _isSaved;
        internal set => _isSaved = value;
    }

    internal void Report(double fraction) => Volatile.Write(ref _fraction, double.IsNaN(fraction) ? 0 : Math.Clamp(fraction, 0, 1));
}

/// <summary>Where a job stands.</summary>
public enum JobState
{
    /// <summary>Not started.</summary>
    Waiting,

    /// <summary>Computing.</summary>
    Running,

    /// <summary>Its outcome was read from the journal.</summary>
    Restored,

    /// <summary>Computed in this process.</summary>
    Done,
}
