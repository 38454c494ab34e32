using StateSpace.Tensors;

namespace StateSpace.Models.Checkpoints;

/// <summary>A tensor in a safetensors file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Type in the file, such as <c>F32</c> or <c>BF16</c>.</param>
/// <param name="Shape">Sizes of the axes.</param>
/// <param name="Start">First byte, counted from the end of the header.</param>
/// <param name="Bytes">Number of bytes in the file.</param>
public sealed record SafeTensorsEntry(string Name, string Type, Shape Shape, long Start, long Bytes)
{
    /// <summary>Type that the tensor has once it is loaded, or null where this version does not load the file's type.</summary>
    public DType? LoadsAs => SafeTensorsTypes.LoadsAs(Type);

    /// <summary>Type of a tensor that can lie in the file's own memory, or null where no tensor holds elements of the file's type.</summary>
    public DType? MapsAs => SafeTensorsTypes.IsSixteenBitFloat(Type) ? null : LoadsAs;
}
