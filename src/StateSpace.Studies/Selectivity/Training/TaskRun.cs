using StateSpace.Models;
using StateSpace.Studies.Selectivity.Tasks;
using StateSpace.Tensors;

namespace StateSpace.Studies.Selectivity.Training;

/// <summary>Sizes of a network: two blocks, in the paper 64 channels and 16 real numbers of state.</summary>
/// <param name="Width">Channels D.</param>
/// <param name="StateSize">Real numbers of state per channel N.</param>
internal sealed record NetworkSize(int Width, int StateSize);

/// <summary>How a network is trained, by Adam on batches that are drawn afresh.</summary>
/// <param name="Batch">Sequences of a step.</param>
/// <param name="Steps">Most steps.</param>
/// <param name="Rate">Learning rate at the start.</param>
/// <param name="Cosine">Whether it falls to 0 by half a cosine and gradients are limited to a norm of 1; otherwise neither, as in the published code.</param>
/// <param name="StopLoss">Ends the training when the mean loss between two evaluations is below.</param>
internal sealed record TrainingPlan(int Batch, int Steps, double Rate, bool Cosine, double StopLoss)
{
    /// <summary>Sequences of a test, as many as in the paper; validation has a fifth of it.</summary>
    public int TestSequences { get; init; } = 1000;
}

/// <summary>One training: equal values give equal results.</summary>
/// <param name="Task">What is trained.</param>
/// <param name="Tests">What the trained network is tested on: the task, and where wanted longer sequences.</param>
/// <param name="Form">What the state is made of.</param>
/// <param name="Selection">What depends on the input.</param>
/// <param name="Size">Sizes of the network.</param>
/// <param name="Plan">How it is trained.</param>
/// <param name="Seed">Seed of initial values and data.</param>
internal sealed record TaskRun(
    SequenceTask Task, IReadOnlyList<SequenceTask> Tests, ScanForm Form, Selection Selection, NetworkSize Size, TrainingPlan Plan, long Seed)
{
    /// <summary>Where it is trained.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>Id of the job.</summary>
    public string Id => $"{Task.Name}.{Form.Title()}.{Selection.Id}.seed{Seed}";

    /// <summary>What a person sees while it runs.</summary>
    public string Title => $"{Task.Name}, {Form.Title()}, selective: {Selection.Title}, seed {Seed}";

    /// <summary>The network: two S6 blocks; the head is the embedding's table, and neither is trained.</summary>
    public SequenceModelConfiguration Network => new()
    {
        Vocabulary = Task.Vocabulary,
        Width = Size.Width,
        EmbeddingDeviation = 1,
        Blocks = [.. Enumerable.Repeat(new BlockSettings(Form.Layer(Size.StateSize, Selection)), 2)],
    };
}
