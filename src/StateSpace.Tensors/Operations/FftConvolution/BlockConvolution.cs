using System.Numerics;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>
/// Causal convolution of one block of rows, and its gradient. Arrays are (rows, lanes), dense, with <see cref="Rows"/> rows; inputs are zero
/// behind their L steps or their taps, outputs may hold anything there.
/// </summary>
/// <param name="length">L, steps of u, y and their gradients.</param>
/// <param name="taps">Steps of the kernel, at most L.</param>
internal abstract unsafe class BlockConvolution<T>(long length, long taps)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public long Length { get; } = length;

    public long Taps { get; } = taps;

    /// <summary>Rows of each array, at least L.</summary>
    public abstract long Rows { get; }

    /// <summary>Vectors of a prepared kernel.</summary>
    public abstract long PreparedVectors { get; }

    /// <summary>Vectors of what is summed over sequences for the kernel's gradient.</summary>
    public abstract long SumVectors { get; }

    /// <summary>Vectors of scratch memory.</summary>
    public abstract long WorkVectors { get; }

    /// <summary>What the other methods want of a kernel.</summary>
    public abstract void Prepare(T* kernel, T* prepared, T* work);

    /// <summary>y_t = Σ_j k_j u_{t−j}.</summary>
    public abstract void Forward(T* prepared, T* u, T* y, T* work);

    /// <summary>∂u_t = Σ_j k_j g_{t+j}, and adds the sequence's part of ∂k_j = Σ_t g_t u_{t−j} to the sums.</summary>
    public abstract void Backward(T* prepared, T* u, T* g, T* du, T* sums, T* work);

    /// <summary>∂k from the sums.</summary>
    public abstract void Finish(T* sums, T* dkernel, T* work);
}
