using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Models.Layers;

/// <summary>y = x Wᵀ + b.</summary>
public sealed class Linear : Module
{
    private bool _isFrozen;
    private Tensor? _rounded;

    /// <summary>A map with a weight of its own, of one role.</summary>
    /// <param name="outputs">Rows of the weight, and what their number follows.</param>
    /// <param name="inputs">Columns of the weight, and what their number follows.</param>
    /// <param name="values">Where initial values come from.</param>
    /// <param name="bias">Whether a bias is added; it begins at zero.</param>
    /// <param name="deviation">Standard deviation of normal initial weights; null for uniform ones in ±1/√inputs.</param>
    /// <param name="divisor">What the initial weights are divided by.</param>
    public Linear(Fan outputs, Fan inputs, InitialValues values, bool bias = false, double? deviation = null, double divisor = 1)
        : this([("weight", outputs)], inputs, values, bias, deviation, divisor)
    {
    }

    /// <summary>A map whose rows are parts of different roles.</summary>
    /// <param name="rows">Names and numbers of the rows, in order.</param>
    /// <param name="inputs">Columns of the weight, and what their number follows.</param>
    /// <param name="values">Where initial values come from.</param>
    /// <param name="bias">Whether a bias is added; it begins at zero.</param>
    /// <param name="deviation">Standard deviation of normal initial weights; null for uniform ones in ±1/√inputs.</param>
    /// <param name="divisor">What the initial weights are divided by.</param>
    public Linear(IReadOnlyList<(string Name, Fan Rows)> rows, Fan inputs, InitialValues values, bool bias = false, double? deviation = null, double divisor = 1)
    {
        var bound = 1 / (Math.Sqrt(inputs.Size) * divisor);
        deviation /= divisor;
        var outputs = rows.Sum(row => row.Rows.Size);
        Shape shape = [outputs, inputs.Size];
        var weight = deviation is { } sigma ? values.Of("weight").Normal(shape, sigma) : values.Of("weight").Uniform(shape, -bound, bound);

        // A uniform distribution in ±b has the deviation b/√3.
        Weight = Add(new Parameter("weight", weight, RowParts.Of(rows, fan => ParameterRole.Matrix(fan, inputs, deviation ?? (bound / Math.Sqrt(3))))));
        if (bias) Bias = Add(new Parameter("bias", values.Constant([outputs], 0), RowParts.Of(rows, fan => ParameterRole.Vector(fan))));
    }

    /// <summary>A map by a weight that another module owns, such as a head that is tied to the embedding.</summary>
    /// <param name="weight">(outputs, inputs).</param>
    public Linear(Parameter weight) => Weight = weight;

    /// <summary>W, (outputs, inputs).</summary>
    public Parameter Weight { get; }

    /// <summary>b, (outputs), or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>Rows of the weight.</summary>
    public long Outputs => Weight.Value.Shape[0];

    /// <summary>Columns of the weight.</summary>
    public long Inputs => Weight.Value.Shape[1];

    /// <summary>A weight that multiplies in place of <see cref="Weight"/>, for inference; null by default. This layer disposes it.</summary>
    public PackedWeight? Packed { get; set; }

    /// <summary>x Wᵀ + b.</summary>
    /// <param name="x">(…, inputs).</param>
    /// <returns>(…, outputs).</returns>
    /// <exception cref="ShapeException">x does not have as many columns.</exception>
    public Tensor Apply(Tensor x)
    {
        var y = Packed is { } packed ? packed.Apply(x, 0, Outputs) : x.MatMul(WeightFor(x), transposeRight: true);
        return Bias is null ? y : y + Bias;
    }

    /// <summary>
    /// The outputs in consecutive groups, each from a product of its own with a range of the rows: spares the copies that cutting the outputs apart
    /// would make.
    /// </summary>
    /// <param name="x">(…, inputs).</param>
    /// <param name="lengths">Sizes of the groups; they add up to the outputs.</param>
    /// <returns>(…, length) each.</returns>
    public Tensor[] ApplyInParts(Tensor x, params long[] lengths)
    {
        var results = new Tensor[lengths.Length];
        if (Packed is { } packed)
        {
            var start = 0L;
            for (var i = 0; i < lengths.Length; start += lengths[i++]) results[i] = packed.Apply(x, start, lengths[i]);
        }
        else
        {
            var rows = WeightFor(x).Split(0, lengths);
            for (var i = 0; i < lengths.Length; i++) results[i] = x.MatMul(rows[i], transposeRight: true);
        }

        if (Bias is null) return results;
        var biases = Bias.Value.Split(0, lengths);
        for (var i = 0; i < lengths.Length; i++) results[i] += biases[i];
        return results;
    }

    /// <summary>From now on the weight is rounded once, not at each product, for inputs in BFloat16 that no tape records; until <see cref="Thaw"/>.</summary>
    internal void Freeze()
    {
        Thaw();
        _isFrozen = true;
    }

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    internal void Thaw()
    {
        _isFrozen = false;
        _rounded?.Dispose();
        _rounded = null;
    }

    /// <inheritdoc/>
    public override void MoveTo(Device device)
    {
        Thaw();
        base.MoveTo(device);
    }

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
        Packed?.Dispose();
        base.Dispose();
    }

    private Tensor WeightFor(Tensor x)
    {
        if (!_isFrozen || x.DType != DType.BFloat16 || Weight.Value.DType == DType.BFloat16 || Tape.Current is not null) return Weight;
        if (_rounded is not null) return _rounded;
        using (TensorScope.Suspend()) return _rounded = Weight.Value.Convert(DType.BFloat16);
    }
}
