using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda.Gemm;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Distributed;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Settings;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>Model, optimizer and order of the text: makes one step after the other.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly LanguageModelSettings _settings;
    private readonly Schedule _schedule;
    private readonly BatchOrder _order;
    private readonly DataParallel? _parallel;
    private readonly StepCapture? _capture;

    /// <summary>A model with its first weights, at step 0.</summary>
    /// <param name="settings">Sizes and course.</param>
    /// <param name="model">The model; it is disposed with the loop.</param>
    /// <param name="text">What is trained on.</param>
    /// <param name="random">Where the order comes from.</param>
    /// <param name="communicator">The processes that share each batch; stays the caller's. Null where this one is alone.</param>
    /// <param name="notify">Takes a line on how steps are made, where somebody wants it.</param>
    /// <exception cref="TrainingInputException">The settings do not go with several processes.</exception>
    public TrainingLoop(LanguageModelSettings settings, SequenceModel model, TokenText text, RandomSource random, ICommunicator? communicator = null, Action<string>? notify = null)
    {
        (_settings, Model, _schedule) = (settings, model, settings.Schedule());
        if (communicator is not null)
        {
            LanguageModelTrainer.RequireShareable(settings, communicator.Size);
            _parallel = new(communicator, model.Parameters, settings.ShardOptimizer);
        }

        Optimizer = new(model.Parameters, settings.Beta1, settings.Beta2, weightDecay: settings.Decay);
        _order = BatchOrder.Create(settings.Mode, text, (int)settings.Batch, (int)settings.Length, (int)settings.Accumulation, random);
        States = new State?[settings.Accumulation];
        if (model.Device.IsCpu) return;
        CudaGemm.AllowTensorFloat32 = settings.TensorFloat32;
        if (!settings.Capture) return;
        if (StepCapture.WhyNot(settings.Accumulation, settings.Mode, communicator?.Size ?? 1) is { } reason) notify?.Invoke($"steps are not captured, because {reason}");
        else _capture = new(model.Device, batches => new(model.Device, Optimizer, batches, settings.Clip, Accumulate), notify);
    }

    public SequenceModel Model { get; }

    public AdamW Optimizer { get; }

    /// <summary>Work in several processes, or null.</summary>
    public DataParallel? Parallel => _parallel;

    /// <summary>Whether some process wants to stop after this step.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>For each part of a step, what its readers remember; null where they begin anew.</summary>
    public State?[] States { get; }

    /// <summary>Tokens that a step trains on.</summary>
    public long TokensPerStep => _settings.Batch * _settings.Length * _settings.Accumulation;

    /// <summary>Makes a step.</summary>
    /// <param name="step">Steps made before.</param>
    /// <param name="stop">Whether this process wants to stop after the step.</param>
    /// <returns>What was measured; where the norm is not finite, the weights are what they were.</returns>
    public StepMetric Step(long step, bool stop = false)
    {
        using var scope = new TensorScope();
        var batches = new TokenBatch[States.Length];
        for (var part = 0; part < batches.Length; part++) batches[part] = _order.Take(step, part, _parallel?.Rank ?? 0, _parallel?.Size ?? 1);
        var rate = _schedule.Rate(step);
        var (loss, norm) = _capture?.Find(batches) is { } captured
            ? (captured.Replay(batches, rate).Sum(), Optimizer.ReadClipping().Norm)
            : Launch(batches, rate, stop);
        if (_parallel is null) IsStopped = stop;
        return new(step + 1, loss / States.Length, rate, norm);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _capture?.Dispose();
        foreach (var state in States) state?.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
    }

    /// <summary>Makes a step operation by operation; gives the sum of the parts' losses and the gradient's norm.</summary>
    private (double Loss, double Norm) Launch(TokenBatch[] batches, double rate, bool stop)
    {
        Optimizer.ZeroGradient();
        var losses = new Tensor[batches.Length];
        for (var part = 0; part < losses.Length; part++)
        {
            using var scope = new TensorScope();
            losses[part] = scope.Keep(Accumulate(batches[part].To(Model.Device), part));
        }

        // A GPU is waited for when all of the step is on its way.
        if (_parallel is null)
        {
            var norm = Update(rate);
            return (losses.Sum(loss => loss.Item()), norm);
        }

        _parallel.Finish();
        var means = _parallel.Mean(losses.Sum(loss => loss.Item()), stop ? 1 : 0);
        IsStopped = means[1] > 0;
        return (means[0], Update(rate));
    }

    /// <summary>Updates the weights where the gradient is finite; gives its norm.</summary>
    private double Update(double rate)
    {
        if (_parallel?.IsSharded != true)
        {
            Optimizer.ClipAndStep(rate, _settings.Clip);
            return Optimizer.ReadClipping().Norm;
        }

        // The norm is that of all gradients, also of those that this process does not apply.
        var clipped = GradientClipping.Clip(Model.Parameters, _settings.Clip, NonFiniteGradients.Skip);
        if (!clipped.IsFinite) return clipped.Norm;
        _parallel.KeepOwnGradients();
        Optimizer.Step(rate);
        _parallel.ShareWeights();
        return clipped.Norm;
    }

    /// <summary>Adds the gradient of a part of a step; gives its mean loss in nats per token, a scalar.</summary>
    private Tensor Accumulate(TokenBatch batch, int part)
    {
        using var tape = new Tape();
        var output = Model.Forward(batch.Ids, States[part], batch.Resets);
        var loss = CrossEntropy.Apply(output.Logits!, batch.Targets);
        if (_settings.Mode == BatchMode.Carried)
        {
            var state = output.State.Keep();
            States[part]?.Dispose();
            States[part] = state;
        }

        tape.Backward(States.Length == 1 ? loss : loss / States.Length, part == States.Length - 1 && _parallel is not null ? _parallel.Ready : null);
        return loss;
    }
}
