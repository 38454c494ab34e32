using System.Runtime.CompilerServices;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>A layer that carries information along a sequence: a state space model, attention, or another recurrence.</summary>
/// <remarks>
/// Reading a sequence at once, in chunks of any sizes or step by step gives the same outputs up to rounding, and the same final state. A step is a
/// call with L = 1.
/// </remarks>
public abstract class SequenceMixer : Module
{
    private readonly List<Derived> _derived = [];

    /// <summary>The state before the first token.</summary>
    /// <param name="batch">Number of sequences B.</param>
    public abstract State InitialState(long batch);

    /// <summary>Reads a piece of a sequence.</summary>
    /// <param name="x">Input, (B, L, D), channels last.</param>
    /// <param name="state">State after what was read before; that before the first token where null. It is not changed.</param>
    /// <param name="resets">
    /// (B, L) of Int32: where not zero, a new sequence starts, and this step and later ones see nothing before it; none where null.
    /// </param>
    /// <returns>Output, (B, L, D), and the state after the piece. Both are differentiable.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public (Tensor Y, State State) Forward(Tensor x, State? state = null, Tensor? resets = null)
    {
        ArgumentNullException.ThrowIfNull(x);
        Require(x.Rank == 3 && x.DType.IsFloating(), $"x must be (B, L, D) of floating-point numbers, not {x}");
        Require(state is null || state.Batch == x.Shape[0], $"x is {x} but the state has {state?.Batch} sequences");
        Require(resets is null || (resets.Shape == x.Shape.Without(-1) && resets.DType == DType.Int32), $"x is {x} but resets is {resets}; it must be Int32 (B, L)");
        return Mix(x, state, resets);
    }

    /// <summary>
    /// Computes once what depends on the weights alone, such as A = −exp(A_log), for inference: it stands until <see cref="Thaw"/>, also if weights change.
    /// A forward pass that a tape records computes it anyway.
    /// </summary>
    public void Freeze() => _derived.ForEach(derived => derived.Freeze());

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    public void Thaw() => _derived.ForEach(derived => derived.Thaw());

    /// <inheritdoc/>
    public override void Convert(DType dtype)
    {
        Thaw();
        base.Convert(dtype);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Thaw();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes tensors that depend on the weights alone into <see cref="Freeze"/>.</summary>
    internal Derived Track(Derived derived)
    {
        _derived.Add(derived);
        return derived;
    }

    /// <summary>Reads a piece of a sequence; shapes of batch and resets are checked.</summary>
    protected abstract (Tensor Y, State State) Mix(Tensor x, State? state, Tensor? resets);

    /// <summary>Throws a <see cref="ShapeException"/> in this layer's name where the condition does not hold.</summary>
    protected void Require(bool condition, string problem)
    {
        if (!condition) throw new ShapeException(GetType().Name, problem);
    }

    /// <summary>The same with a text that is put together only where the condition does not hold.</summary>
    private protected void Require(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref ShapeException.ProblemText problem)
    {
        if (!condition) throw new ShapeException(GetType().Name, problem.ToString());
    }
}
