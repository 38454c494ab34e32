using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Models.Initialization;

/// <summary>
/// Makes the initial values of a module's parameters. Each parameter draws from a stream of its own that its name selects, so that a layer's values
/// do not depend on what else the model holds. Without a source the values are undefined, for weights that are loaded.
/// </summary>
/// <param name="source">Where random numbers come from, or null.</param>
public readonly struct InitialValues(RandomSource? source)
{
    /// <summary>Whether values are left undefined.</summary>
    public bool AreUndefined => source is null;

    /// <summary>The values of a part of the module.</summary>
    /// <param name="name">Name of the part within the module.</param>
    public InitialValues Of(string name) => new(source?.Split(name));

    /// <summary>Normally distributed values of mean 0.</summary>
    public Tensor Normal(Shape shape, double deviation) => source is null ? Tensor.Empty(shape) : Tensor.Normal(shape, source, 0, deviation);

    /// <summary>Values uniform in [low, high).</summary>
    public Tensor Uniform(Shape shape, double low, double high) => source is null ? Tensor.Empty(shape) : Tensor.Uniform(shape, source, low, high);

    /// <summary>One value everywhere.</summary>
    public Tensor Constant(Shape shape, double value) => source is null ? Tensor.Empty(shape) : Tensor.Full(shape, value);

    /// <summary>Values by their row-major position.</summary>
    /// <param name="shape">Sizes of the axes.</param>
    /// <param name="value">From a position to its value.</param>
    public Tensor By(Shape shape, Func<long, double> value)
    {
        var tensor = Tensor.Empty(shape);
        if (source is null) return tensor;
        var values = tensor.Span<float>();
        for (var i = 0; i < values.Length; i++) values[i] = (float)value(i);
        return tensor;
    }

    /// <summary>A function of numbers uniform in [0, 1), one for each element.</summary>
    /// <param name="shape">Sizes of the axes.</param>
    /// <param name="value">From a number in [0, 1) to a value.</param>
    public Tensor FromUniform(Shape shape, Func<double, double> value)
    {
        if (source is not { } random) return Tensor.Empty(shape);
        return By(shape, _ => value(random.NextUniform()));
    }
}
