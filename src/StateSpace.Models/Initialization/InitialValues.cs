using StateSpace.Models.HuggingFace;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Models.Initialization;

/// <summary>
/// Makes the initial values of a module's parameters. Each parameter draws from a stream of its own that its name selects, so that a layer's values
/// do not depend on what else the model holds. Without a source the values are undefined, for weights that are loaded.
/// </summary>
public readonly struct InitialValues
{
    private readonly RandomSource? _source;
    private readonly ParameterBudget? _budget;

    /// <summary>Values from a source of random numbers, or undefined ones.</summary>
    /// <param name="source">Where random numbers come from, or null.</param>
    public InitialValues(RandomSource? source) => _source = source;

    private InitialValues(RandomSource? source, ParameterBudget? budget) => (_source, _budget) = (source, budget);

    /// <summary>Whether values are left undefined.</summary>
    public bool AreUndefined => _source is null;

    /// <summary>Undefined values, for weights whose number is limited.</summary>
    internal static InitialValues Within(ParameterBudget budget) => new(null, budget);

    /// <summary>The values of a part of the module.</summary>
    /// <param name="name">Name of the part within the module.</param>
    public InitialValues Of(string name) => new(_source?.Split(name), _budget);

    /// <summary>Normally distributed values of mean 0.</summary>
    public Tensor Normal(Shape shape, double deviation) => _source is null ? Undefined(shape) : Tensor.Normal(shape, _source, 0, deviation);

    /// <summary>Values uniform in [low, high).</summary>
    public Tensor Uniform(Shape shape, double low, double high) => _source is null ? Undefined(shape) : Tensor.Uniform(shape, _source, low, high);

    /// <summary>One value everywhere.</summary>
    public Tensor Constant(Shape shape, double value) => _source is null ? Undefined(shape) : Tensor.Full(shape, value);

    /// <summary>Values by their row-major position.</summary>
    /// <param name="shape">Sizes of the axes.</param>
    /// <param name="value">From a position to its value.</param>
    public Tensor By(Shape shape, Func<long, double> value)
    {
        if (_source is null) return Undefined(shape);
        var tensor = Tensor.Empty(shape);
        var values = tensor.Span<float>();
        for (var i = 0; i < values.Length; i++) values[i] = (float)value(i);
        return tensor;
    }

    /// <summary>A function of numbers uniform in [0, 1), one for each element.</summary>
    /// <param name="shape">Sizes of the axes.</param>
    /// <param name="value">From a number in [0, 1) to a value.</param>
    public Tensor FromUniform(Shape shape, Func<double, double> value)
    {
        var source = _source;
        return By(shape, _ => value(source!.NextUniform()));
    }

    private Tensor Undefined(Shape shape)
    {
        _budget?.Take(shape);
        return Tensor.Empty(shape);
    }
}
