using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.CausalConvolution;

namespace StateSpace.Models.Layers;

/// <summary>The depthwise causal convolution with SiLU in front of a selective scan. Its state is the last K − 1 inputs, (B, K − 1, channels).</summary>
internal sealed class ShortConvolution : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    /// <param name="channels">Names and numbers of the channels, in order.</param>
    /// <param name="taps">K, 1 … 64.</param>
    /// <param name="bias">Whether a bias is added.</param>
    /// <param name="values">Where initial values come from: uniform in ±1/√K, as PyTorch's default is.</param>
    public ShortConvolution(IReadOnlyList<(string Name, Fan Channels)> channels, int taps, bool bias, InitialValues values)
    {
        if (taps is < 1 or > 64) throw new ArgumentException($"a convolution of {taps} taps is not possible; it must have 1 to 64");
        var count = channels.Sum(part => part.Channels.Size);
        var bound = 1 / Math.Sqrt(taps);
        var deviation = bound / Math.Sqrt(3);
        _weight = Add(new Parameter("weight", values.Of("weight").Uniform([count, taps], -bound, bound), RowParts.Of(channels, fan =>
            new ParameterRole([fan.Growth, AxisGrowth.Fixed], new(taps, AxisGrowth.Fixed), new(taps, AxisGrowth.Fixed), deviation))));
        if (!bias) return;
        _bias = Add(new Parameter("bias", values.Of("bias").Uniform([count], -bound, bound), RowParts.Of(channels, fan => ParameterRole.Vector(fan, deviation))));
    }

    /// <summary>(channels, taps).</summary>
    public Parameter Weight => _weight;

    /// <summary>(channels), or null.</summary>
    public Parameter? Bias => _bias;

    /// <summary>Number of inputs that a state holds.</summary>
    public long Memory => _weight.Value.Shape[1] - 1;

    public (Tensor Y, Tensor Final) Apply(Tensor x, Tensor? initial, Tensor? resets) =>
        CausalConvolution.Apply(x, _weight, _bias?.Value, initial, ConvolutionActivation.Silu, resets);
}
