using System.Collections.Concurrent;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>How far a run is; may be read from any thread at any time.</summary>
public sealed class TrainingProgress
{
    private long _step;
    private long _first;
    private double _loss = double.NaN;
    private double _speed;
    private double _secondsPerStep;
    private double _heldOut = double.NaN;
    private long _saved;
    private volatile string _activity = "";

    /// <param name="steps">Steps of the whole run.</param>
    internal TrainingProgress(long steps) => Steps = steps;

    /// <summary>Steps of the whole run.</summary>
    public long Steps { get; }

    /// <summary>Steps that are made, those of earlier interrupted parts of the run included.</summary>
    public long Step
    {
        get => Interlocked.Read(ref _step);
        internal set => Interlocked.Exchange(ref _step, value);
    }

    /// <summary>Steps that were made before this part of the run.</summary>
    public long FirstStep
    {
        get => Interlocked.Read(ref _first);
        internal set => Interlocked.Exchange(ref _first, value);
    }

    /// <summary>Steps that the newest checkpoint has.</summary>
    public long SavedStep
    {
        get => Interlocked.Read(ref _saved);
        internal set => Interlocked.Exchange(ref _saved, value);
    }

    /// <summary>Running mean of the training loss in nats per token; NaN before the first step.</summary>
    public double Loss
    {
        get => Volatile.Read(ref _loss);
        internal set => Volatile.Write(ref _loss, value);
    }

    /// <summary>Training tokens per second of late, evaluations left out; 0 before it is known.</summary>
    public double TokensPerSecond
    {
        get => Volatile.Read(ref _speed);
        internal set => Volatile.Write(ref _speed, value);
    }

    /// <summary>Share of the device's peak arithmetic that the training uses, from 0 to 1 (<see cref="TrainingWork"/>); 0 where it is not known.</summary>
    public double Utilisation => UtilisationPerToken * TokensPerSecond;

    /// <summary>Seconds that a step takes with its share of evaluations; 0 before it is known.</summary>
    public double SecondsPerStep
    {
        get => Volatile.Read(ref _secondsPerStep);
        internal set => Volatile.Write(ref _secondsPerStep, value);
    }

    /// <summary>Nats per byte of the newest evaluation; NaN before it.</summary>
    public double HeldOut
    {
        get => Volatile.Read(ref _heldOut);
        internal set => Volatile.Write(ref _heldOut, value);
    }

    /// <summary>Takes a line on how the run computes that nobody has taken yet, such as why steps are not captured; null where there is none.</summary>
    public string? TakeNote() => Notes.TryDequeue(out var note) ? note : null;

    /// <summary>Lines on how the run computes.</summary>
    internal ConcurrentQueue<string> Notes { get; init; } = new();

    /// <summary>The share that one token per second is.</summary>
    internal double UtilisationPerToken { get; init; }

    /// <summary>What is going on beside steps, such as <c>evaluating</c>; empty while steps are made.</summary>
    public string Activity
    {
        get => _activity;
        internal set => _activity = value;
    }
}
