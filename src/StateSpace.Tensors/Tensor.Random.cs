using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>Numbers uniform in [low, high). The source moves on by as many positions as there are elements.</summary>
    public static Tensor Uniform(Shape shape, RandomSource source, double low = 0, double high = 1, DType dtype = DType.Float32)
    {
        var tensor = EmptyFloating(shape, dtype, nameof(Uniform));
        if (dtype == DType.Float32) source.FillUniform(tensor.Span<float>(), (float)low, (float)high);
        else source.FillUniform(tensor.Span<double>(), low, high);
        return tensor;
    }

    /// <summary>Normally distributed numbers. The source moves on by as many positions as there are elements.</summary>
    public static Tensor Normal(Shape shape, RandomSource source, double mean = 0, double deviation = 1, DType dtype = DType.Float32)
    {
        var tensor = EmptyFloating(shape, dtype, nameof(Normal));
        if (dtype == DType.Float32) source.FillNormal(tensor.Span<float>(), (float)mean, (float)deviation);
        else source.FillNormal(tensor.Span<double>(), mean, deviation);
        return tensor;
    }

    private static Tensor EmptyFloating(Shape shape, DType dtype, string operation)
    {
        ShapeException.Require(dtype.IsFloating(), operation, $"draws floating-point numbers, not {dtype}");
        return Empty(shape, dtype);
    }
}
