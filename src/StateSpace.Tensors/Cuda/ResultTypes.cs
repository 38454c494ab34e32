namespace StateSpace.Tensors.Cuda;

/// <summary>Types that an operation may hand on other than its input's.</summary>
internal static class ResultTypes
{
    /// <summary>Whether a result of this type can be made of such an input: its own type, or on a GPU BFloat16 of Float32 and the other way round.</summary>
    public static bool Fits(Tensor input, DType result) =>
        result == input.DType || (!input.Device.IsCpu && input.DType.Accurate() == result.Accurate() && result.IsFloating());
}
