using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Elementwise;

/// <summary>Launches of <c>Elementwise.cu</c>.</summary>
internal static class ElementwiseCuda
{
    /// <summary>y = f(x).</summary>
    /// <param name="function">Name of a struct of <c>Elementwise.cu</c>.</param>
    /// <param name="x">Input.</param>
    /// <param name="y">Output.</param>
    public static void Forward(string function, Tensor x, Tensor y)
    {
        if (x.Count == 0) return;
        CudaKernel.For(x, "Elementwise", "elementwise_forward", "FUNCTION=" + function)
            .Launch(Packs.Blocks(x.Count / x.DType.PerPack()), Packs.Block, x, y, x.Count, Packs.AreAligned(x, y) ? 1 : 0);
    }

    /// <summary>dx = g f′(x).</summary>
    public static void Backward(string function, Tensor x, Tensor gradient, Tensor dx)
    {
        if (x.Count == 0) return;
        CudaKernel.For(x, "Elementwise", "elementwise_backward", "FUNCTION=" + function)
            .Launch(Packs.Blocks(x.Count / x.DType.PerPack()), Packs.Block, x, gradient, dx, x.Count, Packs.AreAligned(x, gradient, dx) ? 1 : 0);
    }
}
