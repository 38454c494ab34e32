namespace StateSpace.Tensors.Operations.PackedMatMul;

/// <summary>How a <see cref="PackedMatrix"/> keeps its numbers. Products are always computed in float32.</summary>
public enum WeightStorage
{
    /// <summary>32-bit floating point: the weights as they are.</summary>
    Float32,

    /// <summary>The upper half of a float32: 8 bits of exponent, 8 significant bits. Relative error at most 2⁻⁸ (rounded to nearest, 2⁻⁹).</summary>
    BFloat16,

    /// <summary>
    /// Whole numbers −127 … 127 times a scale per row and block of 64 columns; 8.25 bits a weight. Error at most half a step, which is the block's largest
    /// magnitude / 127, up to 1/128 more.
    /// </summary>
    Int8,
}
