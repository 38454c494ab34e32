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
using StateSpace.Training.Steps;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>Model, optimizer and order of the text: makes one step after the other.</summary>
internal sealed class TrainingLoop : IDisposable
{
    /// <summary>Most parts of a step that is recorded: each puts all its launches into the graph.</summary>
    private const long MostParts = 16;

    private readonly LanguageModelSettings _settings;
    private readonly Schedule _schedule;
    private readonly BatchOrder _order;
    private readonly DataParallel? _parallel;
    private readonly ReplayedStep _step;

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
        var reason = settings.Capture && !model.Device.IsCpu ? WhyNotCaptured(settings.Accumulation, settings.Mode, communicator?.Size ?? 1) : null;
        if (reason is not null) notify?.Invoke($"steps are not captured, because {reason}");
        _step = new(Optimizer, Accumulate, settings.Clip, settings.Capture && reason is null, notify);
        if (!model.Device.IsCpu) CudaGemm.AllowTensorFloat32 = settings.TensorFloat32;
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
        var inputs = new Tensor?[3 * States.Length];
        for (var part = 0; part < States.Length; part++)
            (inputs[3 * part], inputs[(3 * part) + 1], inputs[(3 * part) + 2]) = _order.Take(step, part, _parallel?.Rank ?? 0, _parallel?.Size ?? 1);
        var rate = _schedule.Rate(step);
        var (loss, norm) = _parallel is null ? Alone(inputs, rate) : Together(_parallel, inputs, rate, ref stop);
        IsStopped = stop;
        return new(step + 1, loss / States.Length, rate, norm);
    }

    /// <summary>Why no step of a training is captured, in words that follow "because"; null where steps may be.</summary>
    /// <param name="parts">Parts of a step.</param>
    /// <param name="mode">How text becomes batches.</param>
    /// <param name="processes">How many share a step.</param>
    internal static string? WhyNotCaptured(long parts, BatchMode mode, int processes)
    {
        if (processes > 1) return $"{processes} processes share each step";
        if (mode == BatchMode.Carried) return "mode carried hands states from step to step";
        return parts > MostParts ? $"a step has {parts} parts, more than {MostParts}" : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        foreach (var state in States) state?.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
    }

    /// <summary>Makes a step; gives the sum of the parts' losses and the gradient's norm. A GPU is waited for when all of the step is on its way.</summary>
    private (double Loss, double Norm) Alone(Tensor?[] inputs, double rate)
    {
        var losses = _step.Run(inputs, rate);
        var norm = Optimizer.ReadClipping().Norm;
        return (losses.Sum(loss => loss.Item()), norm);
    }

    /// <summary>The same for this process's share; whether some process wants to stop afterwards.</summary>
    private (double Loss, double Norm) Together(DataParallel parallel, Tensor?[] inputs, double rate, ref bool stop)
    {
        Optimizer.ZeroGradient();
        var losses = Accumulate([.. inputs.Select(input => input?.To(Model.Device))]);
        parallel.Finish();
        var means = parallel.Mean(losses.Sum(loss => loss.Item()), stop ? 1 : 0);
        stop = means[1] > 0;
        return (means[0], Update(parallel, rate));
    }

    /// <summary>Updates the weights where the gradient is finite; gives its norm.</summary>
    private double Update(DataParallel parallel, double rate)
    {
        if (!parallel.IsSharded)
        {
            Optimizer.ClipAndStep(rate, _settings.Clip);
            return Optimizer.ReadClipping().Norm;
        }

        // The norm is that of all gradients, also of those that this process does not apply.
        var clipped = GradientClipping.Clip(Model.Parameters, _settings.Clip, NonFiniteGradients.Skip);
        if (!clipped.IsFinite) return clipped.Norm;
        parallel.KeepOwnGradients();
        Optimizer.Step(rate);
        parallel.ShareWeights();
        return clipped.Norm;
    }

    /// <summary>Adds the gradient of all parts of a step, of each ids, targets and resets; gives their mean losses in nats per token.</summary>
    private Tensor[] Accumulate(Tensor?[] inputs)
    {
        var losses = new Tensor[States.Length];
        for (var part = 0; part < losses.Length; part++)
        {
            using var scope = new TensorScope();
            losses[part] = scope.Keep(Accumulate(new TokenBatch(inputs[3 * part]!, inputs[(3 * part) + 1]!, inputs[(3 * part) + 2]), part));
        }

        return losses;
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
