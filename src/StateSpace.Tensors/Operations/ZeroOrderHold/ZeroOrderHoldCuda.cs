using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.ZeroOrderHold;

/// <summary>Launches of <c>ZeroOrderHold.cu</c>.</summary>
internal static class ZeroOrderHoldCuda
{
    private const int Warp = 32;

    private const Tensor? None = null;

    /// <param name="inputs">Δ, A (re and, where complex, im).</param>
    /// <param name="outputs">ΔA, then B̄, likewise.</param>
    public static void Forward(Tensor[] inputs, Tensor[] outputs)
    {
        var (delta, a) = (inputs[0], inputs[1]);
        if (a.Count == 0) return;
        var (kernel, grid) = (Kernel(inputs, "zero_order_hold_forward"), Grid.Cover(a.Count, Packs.Block));
        if (inputs.Length > 2) kernel.Launch(grid, Packs.Block, delta, a, inputs[2], outputs[0], outputs[1], outputs[2], outputs[3], a.Count, a.Shape[1]);
        else kernel.Launch(grid, Packs.Block, delta, a, None, outputs[0], None, outputs[1], None, a.Count, a.Shape[1]);
    }

    /// <param name="inputs">Δ, A (re and, where complex, im).</param>
    /// <param name="outputGradients">Of ΔA, then of B̄, likewise.</param>
    /// <param name="gradients">Of the inputs.</param>
    public static void Backward(Tensor[] inputs, Tensor[] outputGradients, Tensor[] gradients)
    {
        var (delta, a) = (inputs[0], inputs[1]);
        if (delta.Count == 0) return;
        var (kernel, grid) = (Kernel(inputs, "zero_order_hold_backward"), Grid.Cover(delta.Count, Packs.Block / Warp));
        if (inputs.Length > 2)
        {
            kernel.Launch(
                grid,
                Packs.Block,
                delta,
                a,
                inputs[2],
                outputGradients[0],
                outputGradients[1],
                outputGradients[2],
                outputGradients[3],
                gradients[0],
                gradients[1],
                gradients[2],
                delta.Count,
                a.Shape[1]);
        }
        else
        {
            kernel.Launch(grid, Packs.Block, delta, a, None, outputGradients[0], None, outputGradients[1], None, gradients[0], gradients[1], None, delta.Count, a.Shape[1]);
        }
    }

    private static CudaKernel Kernel(Tensor[] inputs, string function) =>
        CudaKernel.For(inputs[0], "ZeroOrderHold", function, inputs.Length > 2 ? "COMPLEX=1" : "COMPLEX=0");
}
