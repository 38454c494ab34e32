using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Training.Optimizers;

/// <summary>A parameter under an optimizer, with its moments.</summary>
/// <param name="parameter">The parameter.</param>
/// <param name="group">Its group.</param>
/// <param name="settings">The group's settings.</param>
/// <param name="firstPart">Number of its first part among all parameters' parts.</param>
internal sealed class OptimizerSlot(Parameter parameter, ParameterGroup group, OptimizerSettings settings, int firstPart) : IDisposable
{
    public Parameter Parameter { get; } = parameter;

    public ParameterGroup Group { get; } = group;

    public OptimizerSettings Settings { get; } = settings;

    public int FirstPart { get; } = firstPart;

    public Tensor[] State { get; private set; } = [];

    /// <summary>Steps made; on a GPU they are counted there.</summary>
    public long Steps { get; set; }

    /// <summary>Whether the step that is being made updates it.</summary>
    public bool IsActive { get; set; }

    public void Allocate(int count)
    {
        if (State.Length == count) return;
        using var unscoped = TensorScope.Suspend();
        State = [.. Enumerable.Range(0, count).Select(_ => Parameter.Value.ZerosLike())];
    }

    public void Dispose()
    {
        foreach (var tensor in State) tensor.Dispose();
        State = [];
        Steps = 0;
    }
}

/// <summary>A run of elements of a part of a parameter.</summary>
/// <param name="Slot">Number of the parameter.</param>
/// <param name="Part">Number of the part among all parameters'.</param>
/// <param name="Start">First element.</param>
/// <param name="Length">Elements.</param>
internal readonly record struct OptimizerBlock(int Slot, int Part, long Start, long Length);
