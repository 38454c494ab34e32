namespace StateSpace.Tensors.Random;

/// <summary>Tensors of random numbers.</summary>
internal static class RandomTensor
{
    /// <summary>Uniform in [low, high).</summary>
    public static Tensor Uniform(Shape shape, double low, double high, RandomSource source, DType dtype)
    {
        using var exact = Tensor.Empty(shape, DType.Float64);
        source.FillUniform(exact.Span<double>());
        foreach (ref var value in exact.Span<double>()) value = low + ((high - low) * value);
        return dtype == DType.Float64 ? exact.Clone() : exact.Convert(dtype);
    }
}
