namespace StateSpace.Training.Schedules;

/// <summary>The learning rate as a function of the number of updates made so far, and of nothing else.</summary>
public abstract record Schedule
{
    /// <summary>Rate of the next update.</summary>
    /// <param name="step">Updates made so far, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public double Rate(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return RateAt(step);
    }

    private protected abstract double RateAt(long step);

    /// <summary>Fraction of <paramref name="steps"/> that has passed, at most 1.</summary>
    private protected static double Progress(long step, long steps) => step >= steps ? 1 : (double)step / steps;
}

/// <summary>The same rate throughout.</summary>
/// <param name="Value">The rate.</param>
public sealed record ConstantSchedule(double Value) : Schedule
{
    private protected override double RateAt(long step) => Value;
}

/// <summary>
/// Half a cosine from <paramref name="Start"/> down to <paramref name="Floor"/> over <paramref name="Steps"/> updates, then the floor
/// (Loshchilov and Hutter, 2017, arXiv 1608.03983, eq. 5 without restarts).
/// </summary>
/// <param name="Start">First rate.</param>
/// <param name="Steps">Updates until the floor is reached.</param>
/// <param name="Floor">Last rate.</param>
public sealed record CosineSchedule(double Start, long Steps, double Floor = 0) : Schedule
{
    private protected override double RateAt(long step) => Floor + ((Start - Floor) * (1 + Math.Cos(Math.PI * Progress(step, Steps))) / 2);
}

/// <summary>A straight line from <paramref name="Start"/> to <paramref name="End"/> over <paramref name="Steps"/> updates, then the end.</summary>
/// <param name="Start">First rate.</param>
/// <param name="End">Last rate.</param>
/// <param name="Steps">Updates until the end is reached.</param>
public sealed record LinearSchedule(double Start, double End, long Steps) : Schedule
{
    private protected override double RateAt(long step)
    {
        var progress = Progress(step, Steps);
        return (Start * (1 - progress)) + (End * progress);
    }
}

/// <summary>
/// A straight line up to another schedule's first rate, which update number <paramref name="Steps"/> is the first to have in full
/// (update 1 has 1/<paramref name="Steps"/> of it); then that schedule from its beginning.
/// </summary>
/// <param name="Steps">Updates of the warm-up; 0 for none.</param>
/// <param name="Then">What follows.</param>
public sealed record WarmupSchedule(long Steps, Schedule Then) : Schedule
{
    private protected override double RateAt(long step) =>
        step < Steps ? Then.Rate(0) * (step + 1) / Steps : Then.Rate(step - Steps);
}
