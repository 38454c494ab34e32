namespace StateSpace.Models.Checkpoints;

/// <summary>How a tensor's elements are written.</summary>
public enum StoredType
{
    /// <summary>In the tensor's own type.</summary>
    AsIs,

    /// <summary>Float32 rounded to BF16, to nearest with ties to even: half the bytes, the same range, three decimal digits.</summary>
    BrainFloat16,

    /// <summary>Float32 rounded to F16, to nearest with ties to even: half the bytes, up to 65504, four decimal digits.</summary>
    Half,
}
