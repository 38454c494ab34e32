using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Models;

/// <summary>For which positions a model computes logits.</summary>
public enum LogitRows
{
    /// <summary>Every position: training.</summary>
    All,

    /// <summary>The last position: generation.</summary>
    Last,

    /// <summary>No position: reading a prompt in chunks.</summary>
    None,
}

/// <summary>What a forward pass of a <see cref="SequenceModel"/> gives.</summary>
/// <param name="Logits">Unnormalized log-probabilities of the next token, (B, L, V), (B, 1, V) for the last position, or null.</param>
/// <param name="Hidden">The residual stream after the final norm, (B, L, D).</param>
/// <param name="State">The state after the piece.</param>
public sealed record ModelOutput(Tensor? Logits, Tensor Hidden, State State);
