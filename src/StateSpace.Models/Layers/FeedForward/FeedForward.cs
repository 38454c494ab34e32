using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>A layer that maps each position by itself: the second half of a Transformer-like block.</summary>
public abstract class FeedForward : Module
{
    /// <summary>Maps every position.</summary>
    /// <param name="x">(B, L, D).</param>
    /// <returns>(B, L, D).</returns>
    public abstract Tensor Apply(Tensor x);
}
