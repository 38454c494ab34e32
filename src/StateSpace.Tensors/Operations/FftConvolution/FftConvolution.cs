using System.Numerics;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>
/// Causal depthwise convolution with a long kernel, y = k ∗ u, by real Fourier transforms, or directly where that is faster: how S4 and S4D
/// apply their kernel (Gu et al., 2022, arXiv 2111.00396, sec. 2.4), and H3 and Hyena theirs.
/// </summary>
public sealed class FftConvolution : Operation
{
    /// <summary>Products per output up to which the direct form is faster (measured; see README.md).</summary>
    private const double LargestDirect = 100;

    private readonly ConvolutionMethod? _forced;

    private FftConvolution(ConvolutionMethod? forced) => _forced = forced;

    /// <summary>y_t = Σ_j k_j u_{t−j}, channel by channel; inputs before the first are zero.</summary>
    /// <param name="u">Input, (B, L, D).</param>
    /// <param name="kernel">k, (D, L_k); taps from L on have no effect.</param>
    /// <returns>y, (B, L, D).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static Tensor Apply(Tensor u, Tensor kernel) => new FftConvolution(null).RunOne(u, kernel);

    /// <summary>The same by one method, for tests and measurements.</summary>
    internal static Tensor Apply(Tensor u, Tensor kernel, ConvolutionMethod method) => new FftConvolution(method).RunOne(u, kernel);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var (u, kernel, gradient) = (step.Input(0), step.Input(1), step.OutputGradient(0));
        var du = u.EmptyLike();
        if (!u.Device.IsCpu)
        {
            var dkernel = kernel.EmptyLike();
            FftConvolutionCuda.Backward(u, kernel, gradient, du, dkernel);
            step.Give(0, du);
            step.Give(1, dkernel);
            return;
        }

        var partial = u.DType == DType.Float32 ? Backward<float>(u, kernel, gradient, du) : Backward<double>(u, kernel, gradient, du);
        step.Give(0, du);
        step.Give(1, partial.Sum(0));
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var (u, kernel) = (inputs[0], inputs[1]);
        Require(u.Rank == 3 && u.DType.IsFloating(), $"u must be (B, L, D) of floating-point numbers, not {u}");
        Require(kernel.Rank == 2 && kernel.Shape[0] == u.Shape[2] && kernel.DType == u.DType.Accurate(), $"u is {u} but kernel is {kernel}; it must be (D, L_k)");
        Require(u.Shape[1] <= 1 << 28, $"u is {u}; L must be at most 2^28");
        return [u.EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var (u, kernel) = (inputs[0], inputs[1]);
        if (u.DType == DType.Float32) new FftConvolutionCpu<float>(u.Shape, kernel.Shape, Method(u, kernel)).Forward(u, kernel, outputs[0]);
        else new FftConvolutionCpu<double>(u.Shape, kernel.Shape, Method(u, kernel)).Forward(u, kernel, outputs[0]);
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => FftConvolutionCuda.Forward(inputs[0], inputs[1], outputs[0]);

    private Tensor Backward<T>(Tensor u, Tensor kernel, Tensor gradient, Tensor du)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var cpu = new FftConvolutionCpu<T>(u.Shape, kernel.Shape, Method(u, kernel));
        var partial = Tensor.Empty([cpu.GradientParts, kernel.Shape[0], kernel.Shape[1]], u.DType, u.Device);
        cpu.Backward(u, kernel, gradient, du, partial);
        return partial;
    }

    private ConvolutionMethod Method(Tensor u, Tensor kernel)
    {
        if (_forced is { } method) return method;

        // The first outputs have fewer products than there are taps.
        var (length, taps) = (u.Shape[1], Math.Min(u.Shape[1], kernel.Shape[1]));
        var products = length == 0 ? 0 : taps - (taps * (taps - 1.0) / (2 * length));
        return products <= LargestDirect ? ConvolutionMethod.Direct : ConvolutionMethod.Fourier;
    }
}

/// <summary>How a long convolution is computed.</summary>
internal enum ConvolutionMethod
{
    /// <summary>By the definition.</summary>
    Direct,

    /// <summary>By Fourier transforms.</summary>
    Fourier,
}
