using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
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

    /// <summary>A model with its first weights, at step 0.</summary>
    /// <param name="settings">Sizes and course.</param>
    /// <param name="model">The model; it is disposed with the loop.</param>
    /// <param name="text">What is trained on.</param>
    /// <param name="random">Where the order comes from.</param>
    /// <param name="communicator">The processes that share each batch; stays the caller's. Null where this one is alone.</param>
    /// <exception cref="TrainingInputException">The settings do not go with several processes.</exception>
    public TrainingLoop(LanguageModelSettings settings, SequenceModel model, TokenText text, RandomSource random, ICommunicator? communicator = null)
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
        Optimizer.ZeroGradient();
        var loss = 0.0;
        for (var part = 0; part < States.Length; part++) loss += Accumulate(step, part);
        IsStopped = stop;
        if (_parallel is not null)
        {
            _parallel.Finish();
            var means = _parallel.Mean(loss, stop ? 1 : 0);
            (loss, IsStopped) = (means[0], means[1] > 0);
        }

        var rate = _schedule.Rate(step);
        return new(step + 1, loss / States.Length, rate, Update(rate));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var state in States) state?.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
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

    /// <summary>Adds the gradient of a part of a step; gives its mean loss in nats per token.</summary>
    private double Accumulate(long step, int part)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var batch = _order.Take(step, part, _parallel?.Rank ?? 0, _parallel?.Size ?? 1).To(Model.Device);
        var output = Model.Forward(batch.Ids, States[part], batch.Resets);
        var loss = CrossEntropy.Apply(output.Logits!, batch.Targets);
        if (_settings.Mode == BatchMode.Carried)
        {
            var state = output.State.Keep();
            States[part]?.Dispose();
            States[part] = state;
        }

        tape.Backward(States.Length == 1 ? loss : loss / States.Length, part == States.Length - 1 && _parallel is not null ? _parallel.Ready : null);
        return loss.Item();
    }
}
