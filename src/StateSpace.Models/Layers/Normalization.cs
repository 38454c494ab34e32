using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.AddRmsNorm;
using StateSpace.Tensors.Operations.LayerNorm;
using StateSpace.Tensors.Operations.RmsNorm;

namespace StateSpace.Models.Layers;

/// <summary>Kinds of normalization over the channels.</summary>
public enum NormKind
{
    /// <summary>By the root of the mean square: Mamba, Llama, Jamba.</summary>
    Rms,

    /// <summary>By mean and deviation, with a shift: H3, GPT.</summary>
    Layer,
}

/// <summary>A normalization over the channels with a trained scale, and a shift where it is a layer norm.</summary>
public sealed class Normalization : Module
{
    private readonly Parameter? _bias;

    /// <summary>A normalization that begins with scale 1 and shift 0.</summary>
    /// <param name="kind">Kind.</param>
    /// <param name="channels">D, and what it follows.</param>
    /// <param name="epsilon">Added to the mean square or the variance.</param>
    /// <param name="values">Whether the values are defined.</param>
    public Normalization(NormKind kind, Fan channels, double epsilon, InitialValues values)
    {
        Epsilon = epsilon;
        Weight = Add(new Parameter("weight", values.Constant([channels.Size], 1), ParameterRole.Vector(channels)));
        if (kind == NormKind.Layer) _bias = Add(new Parameter("bias", values.Constant([channels.Size], 0), ParameterRole.Vector(channels)));
    }

    /// <summary>Scale, (D).</summary>
    public Parameter Weight { get; }

    /// <summary>What is normalized.</summary>
    public NormKind Kind => _bias is null ? NormKind.Rms : NormKind.Layer;

    /// <summary>Added to the mean square or the variance.</summary>
    public double Epsilon { get; }

    /// <summary>Type of the result: BFloat16 for a Float32 input on a GPU, or null for the input's own.</summary>
    public DType? ResultType { get; set; }

    /// <summary>The normalized input, (…, D).</summary>
    /// <param name="x">(…, D).</param>
    public Tensor Apply(Tensor x) =>
        _bias is null ? RmsNorm.Apply(x, Weight, Epsilon, ResultType) : LayerNorm.Apply(x, Weight, _bias, Epsilon, ResultType);

    /// <summary>The normalized sum, and the sum, (…, D) each.</summary>
    /// <param name="x">(…, D).</param>
    /// <param name="added">(…, D); nothing is added where null.</param>
    public (Tensor Normed, Tensor Sum) ApplyToSum(Tensor x, Tensor? added)
    {
        if (added is null) return (Apply(x), x);
        if (_bias is null) return AddRmsNorm.Apply(x, added, Weight, Epsilon, ResultType);
        x += added;
        return (Apply(x), x);
    }
}
