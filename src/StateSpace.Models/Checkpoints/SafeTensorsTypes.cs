using StateSpace.Tensors;

namespace StateSpace.Models.Checkpoints;

/// <summary>The format's element types.</summary>
internal static class SafeTensorsTypes
{
    public const string Half = "F16";
    public const string BrainFloat = "BF16";

    public const string Loadable = "F64, F32, BF16, F16, I64 and I32";

    /// <summary>Bits of one element, or null for a type that the format did not have when this was written.</summary>
    public static int? Bits(string type) => type switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "I16" or "U16" or Half or BrainFloat => 16,
        "I32" or "U32" or "F32" => 32,
        "I64" or "U64" or "F64" or "C64" => 64,
        _ => null,
    };

    /// <summary>Whether elements become Float32 when they are loaded.</summary>
    public static bool IsSixteenBitFloat(string type) => type is Half or BrainFloat;

    public static DType? LoadsAs(string type) => type switch
    {
        "F32" or BrainFloat or Half => DType.Float32,
        "F64" => DType.Float64,
        "I32" => DType.Int32,
        "I64" => DType.Int64,
        _ => null,
    };

    public static string NameOf(DType dtype) => dtype switch
    {
        DType.Float32 => "F32",
        DType.Float64 => "F64",
        DType.Int32 => "I32",
        DType.BFloat16 => BrainFloat,
        _ => "I64",
    };

    /// <summary>Place of a type in a file that is written: larger elements first, types of one size as the format's own library sorts them.</summary>
    public static int Order(string type) => type switch
    {
        "I64" => 0,
        "F64" => 1,
        "F32" => 2,
        "I32" => 3,
        BrainFloat => 4,
        _ => 5,
    };
}
