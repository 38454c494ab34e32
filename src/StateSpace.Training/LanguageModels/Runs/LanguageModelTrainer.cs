using System.Buffers;
using System.Collections.Concurrent;
using StateSpace.Models;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.Distributed;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>
/// Trains a language model in a run folder. Weights, moments and metrics have the same bits however often the run was interrupted and
/// resumed: a step depends on seed, number and what a checkpoint holds, and on nothing else.
/// </summary>
public sealed class LanguageModelTrainer : IDisposable
{
    /// <summary>Steps in a row without a finite gradient after which the run is given up.</summary>
    private const int MostSkipped = 20;

    /// <summary>Share of the newest step in the running mean of the loss that people see.</summary>
    private const double Smoothing = 0.05;

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(2);

    private readonly RunConfiguration _configuration;
    private readonly TextCorpus _corpus;
    private readonly TextTokenizer _tokenizer;
    private readonly TrainingLoop _loop;
    private readonly HeldOutEvaluation _evaluation;
    private readonly List<StepMetric> _steps = [];
    private readonly List<EvaluationMetric> _evaluations = [];
    private readonly ArrayBufferWriter<byte> _lines = new();
    private readonly ConcurrentQueue<string> _notes = new();
    private TrainingCounters _counters = TrainingCounters.None;

    /// <summary>Builds the model with its first weights; nothing is computed or written.</summary>
    /// <param name="configuration">What to compute.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="tokenizer">The tokenizer that made the text's tokens.</param>
    /// <param name="device">Where to compute; a run may go on on another.</param>
    /// <param name="communicator">The processes that share the work, each with a trainer of the same configuration; stays the caller's. Null where this one is alone.</param>
    /// <exception cref="TrainingInputException">The settings do not make a model, or the device does not compute so.</exception>
    public LanguageModelTrainer(RunConfiguration configuration, TextCorpus corpus, TextTokenizer tokenizer, Device device = default, ICommunicator? communicator = null)
    {
        (_configuration, _corpus, _tokenizer) = (configuration, corpus, tokenizer);
        var random = new RandomSource((ulong)configuration.Seed);
        _loop = new(Settings, LanguageModelKinds.Build(configuration, tokenizer, random.Split("weights"), device), corpus.Training, random.Split("order"), communicator, _notes.Enqueue);
        _evaluation = new(corpus.HeldOut, (int)Settings.Batch, (int)Settings.Length, Settings.Evaluation);
        Progress = new(Settings.Steps) { UtilisationPerToken = TrainingWork.Utilisation(_loop.Model, 1) ?? 0, Notes = _notes };
    }

    /// <summary>How far the run is.</summary>
    public TrainingProgress Progress { get; }

    /// <summary>The model, with the weights of the newest step; it is disposed with the trainer.</summary>
    public SequenceModel Model => _loop.Model;

    /// <summary>Number of weights.</summary>
    public long Parameters => Model.Parameters.Sum(parameter => parameter.Value.Count);

    private LanguageModelSettings Settings => _configuration.Settings;

    private bool IsEvaluationDue =>
        _counters.EvaluatedStep != _counters.Step && _counters.Step > 0 && (_counters.Step % Settings.EvaluateEvery == 0 || _counters.Step == Settings.Steps);

    /// <summary>Checks that several processes can share the work, before any of them begins.</summary>
    /// <param name="settings">Of the run.</param>
    /// <param name="processes">How many there are.</param>
    /// <exception cref="TrainingInputException">They cannot.</exception>
    public static void RequireShareable(LanguageModelSettings settings, int processes)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Batch % processes != 0) throw new TrainingInputException($"batch is {settings.Batch}, which {processes} processes cannot share equally; choose a multiple");
        if (settings.Mode == BatchMode.Carried) throw new TrainingInputException("mode carried does not go with several processes; choose --set mode=packed");
    }

    /// <summary>Trains from where the folder's checkpoint stands to the last step, and evaluates on all held-out text.</summary>
    /// <param name="folder">Folder of a run of this configuration.</param>
    /// <param name="cancellation">Stops the run after the step that is under way, with a checkpoint; it can be resumed.</param>
    /// <returns>What was measured; where the run was stopped, so far.</returns>
    /// <exception cref="RunFolderException">The folder is in use, of another run, damaged, or cannot be written; the run can be resumed.</exception>
    /// <exception cref="TrainingDivergedException">The training diverged.</exception>
    public TrainingResult Run(TrainingFolder folder, CancellationToken cancellation)
    {
        folder.RequireSame(_configuration);
        using var journal = Journal.Resume(folder.MetricsPath, out var records);
        Restore(folder, journal, records);
        using var clock = TrainingClock.Open(folder.TimingsPath, _counters.Step, _loop.TokensPerStep, Progress);
        var finished = false;
        try
        {
            Train(folder, journal, clock, cancellation);
            EvaluateWhole(folder, cancellation);
            Flush(journal);
            finished = true;
        }
        catch (OperationCanceledException error) when (error is StoppedException || cancellation.IsCancellationRequested)
        {
            if (_counters.Step > Progress.SavedStep) Save(folder, journal);
        }

        clock.Flush();
        return new(
            _configuration, Parameters, _corpus.Training.Count, _corpus.HeldOut.Count - 1, _corpus.HeldOutBytes, finished, new(_steps, _evaluations), clock.Timings);
    }

    /// <summary>
    /// Takes part in the run of process 0, from the folder's checkpoint to the last step: makes every step on its share of the batches, and writes
    /// nothing. For the other processes.
    /// </summary>
    /// <param name="folder">The run's folder, which process 0 works in.</param>
    /// <param name="cancellation">Stops all processes after the step that is under way.</param>
    /// <returns>Whether the run came to its last step.</returns>
    /// <exception cref="RunFolderException">The checkpoint is damaged or cannot be read.</exception>
    public bool Follow(TrainingFolder folder, CancellationToken cancellation)
    {
        folder.RequireSame(_configuration);
        if (Directory.Exists(folder.LastPath)) RestoreWeights(folder);
        Progress.Step = _counters.Step;
        while (_counters.Step < Settings.Steps)
        {
            if (IsEvaluationDue)
            {
                _loop.Parallel!.GatherState(_loop.Optimizer);
                _counters = _counters with { EvaluatedStep = _counters.Step };
            }

            var metric = _loop.Step(_counters.Step, cancellation.IsCancellationRequested);
            var isFinite = double.IsFinite(metric.Norm);
            _counters = _counters with { Step = metric.Step, Skipped = isFinite ? 0 : _counters.Skipped + 1 };
            Progress.Step = metric.Step;
            if (_counters.Skipped == MostSkipped) return false;
            if (!_loop.IsStopped) continue;
            _loop.Parallel!.GatherState(_loop.Optimizer);
            return false;
        }

        _loop.Parallel!.GatherState(_loop.Optimizer);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _loop.Dispose();

    private void Train(TrainingFolder folder, Journal journal, TrainingClock clock, CancellationToken cancellation)
    {
        while (true)
        {
            if (IsEvaluationDue)
            {
                Evaluate(folder, cancellation);
                Save(folder, journal);
                clock.Flush();
            }
            else if (clock.SinceFlush > FlushInterval)
            {
                Flush(journal);
                clock.Flush();
            }

            if (_counters.Step == Settings.Steps) return;
            if (_loop.Parallel is null) cancellation.ThrowIfCancellationRequested();
            clock.StepBegins();
            Step(cancellation.IsCancellationRequested);
            clock.StepEnded();

            // Several processes stop after the same step, whichever of them was asked to.
            if (_loop.Parallel is not null && _loop.IsStopped) throw new StoppedException();
        }
    }

    private void Step(bool stop)
    {
        var metric = _loop.Step(_counters.Step, stop);
        var isFinite = double.IsFinite(metric.Norm);
        _counters = _counters with { Step = metric.Step, Skipped = isFinite ? 0 : _counters.Skipped + 1 };
        if (_counters.Skipped == MostSkipped)
            throw new TrainingDivergedException($"the training diverged: {MostSkipped} steps in a row up to step {metric.Step} have no finite gradient; start a run with a lower rate or a longer warmup");
        _steps.Add(metric);
        TrainingMetrics.Write(_lines, metric);
        Progress.Step = metric.Step;
        if (isFinite) Progress.Loss = double.IsNaN(Progress.Loss) ? metric.Loss : ((1 - Smoothing) * Progress.Loss) + (Smoothing * metric.Loss);
    }

    private void Evaluate(TrainingFolder folder, CancellationToken cancellation)
    {
        var metric = Measure(_loop.Model, "last", Settings.EvaluationTokens, cancellation);
        Progress.HeldOut = metric.NatsPerByte;
        _counters = _counters with { EvaluatedStep = _counters.Step };

        // A loss that is not a number is less than none.
        if (!(metric.Loss < _counters.BestLoss)) return;
        Guarded(folder.BestPath, () => AtomicFolder.Write(folder.BestPath, SaveModel));
        _counters = _counters with { BestStep = _counters.Step, BestLoss = metric.Loss };
    }

    /// <summary>The last weights on all held-out text, and the best ones, where they are others.</summary>
    private void EvaluateWhole(TrainingFolder folder, CancellationToken cancellation)
    {
        Progress.HeldOut = Measure(_loop.Model, "last", long.MaxValue, cancellation).NatsPerByte;
        if (_counters.BestStep < 0 || _counters.BestStep == _counters.Step || !AtomicFolder.Recover(folder.BestPath)) return;
        LanguageModelKinds.LoadWeights(folder.BestPath, _loop.Model);
        Measure(_loop.Model, "best", long.MaxValue, cancellation);
    }

    private EvaluationMetric Measure(SequenceModel model, string checkpoint, long tokens, CancellationToken cancellation)
    {
        Progress.Activity = "evaluating";
        var (loss, count) = _evaluation.Run(model, tokens, cancellation);
        Progress.Activity = "";
        var whole = _corpus.HeldOut.Count - 1;
        var metric = new EvaluationMetric(_counters.Step, checkpoint, count == whole, count, loss, loss * whole / _corpus.HeldOutBytes);
        _evaluations.Add(metric);
        TrainingMetrics.Write(_lines, metric);
        return metric;
    }

    /// <summary>Writes the metrics so far and a checkpoint that goes with them.</summary>
    private void Save(TrainingFolder folder, Journal journal)
    {
        Progress.Activity = "saving";
        Flush(journal);
        _counters = _counters with { MetricsLength = journal.Length };
        using var scope = new TensorScope();
        var state = _loop.Parallel?.GatherState(_loop.Optimizer) ?? _loop.Optimizer.SaveState();
        Guarded(folder.LastPath, () => AtomicFolder.Write(folder.LastPath, path =>
        {
            SaveModel(path);
            TrainingCheckpoint.Write(path, state, _loop.States, _counters);
        }));
        Progress.SavedStep = _counters.Step;
        Progress.Activity = "";
    }

    private void SaveModel(string path)
    {
        ModelFolder.Save(path, _loop.Model);
        _tokenizer.Save(path);
    }

    private void Flush(Journal journal)
    {
        journal.Append(_lines.WrittenSpan);
        _lines.ResetWrittenCount();
    }

    /// <summary>Takes up what the newest checkpoint has, and forgets the metrics of steps after it.</summary>
    private void Restore(TrainingFolder folder, Journal journal, IReadOnlyList<JournalRecord> records)
    {
        AtomicFolder.Recover(folder.BestPath);
        if (AtomicFolder.Recover(folder.LastPath)) RestoreWeights(folder);

        if (_counters.MetricsLength > 0 && !records.Any(record => record.End == _counters.MetricsLength))
            throw RunFolderException.Unusable(folder.MetricsPath, "does not belong to the checkpoint beside it; start the run again in another folder");
        journal.TruncateTo(_counters.MetricsLength);
        var metrics = TrainingMetrics.Parse(folder.MetricsPath, records.TakeWhile(record => record.End <= _counters.MetricsLength));
        _steps.AddRange(metrics.Steps);
        _evaluations.AddRange(metrics.Evaluations);
        (Progress.Step, Progress.FirstStep, Progress.SavedStep) = (_counters.Step, _counters.Step, _counters.Step);
        if (_evaluations.Count > 0) Progress.HeldOut = _evaluations[^1].NatsPerByte;
    }

    private void RestoreWeights(TrainingFolder folder)
    {
        LanguageModelKinds.LoadWeights(folder.LastPath, _loop.Model);
        _counters = TrainingCheckpoint.Read(folder.LastPath, _loop.Optimizer, _loop.States, _loop.Model.Device, _loop.Parallel);
    }

    /// <summary>Tells a full disk and the like from a damaged file.</summary>
    private void Guarded(string path, Action write)
    {
        try
        {
            write();
        }
        catch (CheckpointException error) when (error.InnerException is { } inner)
        {
            // Weights and two moments of each, twice: the old checkpoint stays until the new one is whole.
            RunFolderException.ThrowIfFileSystem(path, 6 * sizeof(float) * Parameters, inner);
            throw;
        }
    }

    /// <summary>Some process was asked to stop.</summary>
    private sealed class StoppedException : OperationCanceledException;
}
