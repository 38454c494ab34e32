using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>
/// Measures time and speed, and writes them to <c>timings.jsonl</c>, apart from the metrics: a clock does not give the same bits twice.
/// </summary>
internal sealed class TrainingClock : IDisposable
{
    private const string StepKey = "step";
    private const string SecondsKey = "seconds";
    private const string SpeedKey = "tokens_per_second";

    /// <summary>Share of the newest step in the running mean of its time.</summary>
    private const double Smoothing = 0.1;

    private readonly Journal _journal;
    private readonly TrainingProgress _progress;
    private readonly long _tokensPerStep;
    private readonly double _secondsBefore;
    private readonly List<Timing> _timings;
    private readonly Stopwatch _total = Stopwatch.StartNew();
    private long _stepBegin = Stopwatch.GetTimestamp();
    private long _flushed = Stopwatch.GetTimestamp();
    private double _secondsPerStep;

    private TrainingClock(Journal journal, List<Timing> timings, long tokensPerStep, TrainingProgress progress)
    {
        (_journal, _timings, _tokensPerStep, _progress) = (journal, timings, tokensPerStep, progress);
        _secondsBefore = timings.Count == 0 ? 0 : timings[^1].Seconds;
    }

    /// <summary>Times so far, in order of steps.</summary>
    public IReadOnlyList<Timing> Timings => _timings;

    /// <summary>Seconds of the whole run, those of earlier parts included as far as their steps were saved.</summary>
    public double Seconds => _secondsBefore + _total.Elapsed.TotalSeconds;

    public TimeSpan SinceFlush => Stopwatch.GetElapsedTime(_flushed);

    /// <summary>Opens the file and forgets times of steps that were made but not saved.</summary>
    public static TrainingClock Open(string path, long step, long tokensPerStep, TrainingProgress progress)
    {
        var journal = Journal.Resume(path, out var records);
        var timings = new List<Timing>();
        var end = 0L;
        foreach (var record in records)
        {
            if (Parse(record.Json) is not { } timing || timing.Step > step) break;
            timings.Add(timing);
            end = record.End;
        }

        journal.TruncateTo(end);
        return new(journal, timings, tokensPerStep, progress);
    }

    /// <summary>Begins to measure a step.</summary>
    public void StepBegins() => _stepBegin = Stopwatch.GetTimestamp();

    /// <summary>Takes the time of a step.</summary>
    public void StepEnded()
    {
        var seconds = Stopwatch.GetElapsedTime(_stepBegin).TotalSeconds;
        _secondsPerStep = _secondsPerStep == 0 ? seconds : ((1 - Smoothing) * _secondsPerStep) + (Smoothing * seconds);
        _progress.TokensPerSecond = _tokensPerStep / _secondsPerStep;
        _progress.SecondsPerStep = _total.Elapsed.TotalSeconds / (_progress.Step - _progress.FirstStep);
    }

    /// <summary>Writes where the run stands.</summary>
    public void Flush()
    {
        _flushed = Stopwatch.GetTimestamp();
        if (_progress.Step == 0 || (_timings.Count > 0 && _timings[^1].Step == _progress.Step)) return;
        var timing = new Timing(_progress.Step, Seconds, _progress.TokensPerSecond);
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber(StepKey, timing.Step);
            json.WriteNumber(SecondsKey, Math.Round(timing.Seconds, 3));
            json.WriteNumber(SpeedKey, Math.Round(timing.TokensPerSecond, 1));
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        _journal.Append(line.WrittenSpan);
        _timings.Add(timing);
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private static Timing? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return new(root.GetProperty(StepKey).GetInt64(), root.GetProperty(SecondsKey).GetDouble(), root.GetProperty(SpeedKey).GetDouble());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>When a step was done.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="Seconds">Wall-clock seconds of the run.</param>
/// <param name="TokensPerSecond">Training speed at that time.</param>
public readonly record struct Timing(long Step, double Seconds, double TokensPerSecond);
