using System.Numerics;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>Chooses the form of the forward pass.</summary>
internal static class SsdCpu
{
    /// <summary>Up to this many steps the recurrence is faster than turning the state for the products; both take as long at about 11.</summary>
    public const long LongestRecurrence = 10;

    public static void Forward<T>(SsdTensors tensors, Tensor y, Tensor final)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (tensors.X.Shape[1] <= LongestRecurrence) SsdRecurrentCpu.Forward<T>(tensors, y, final);
        else SsdChunkedCpu.Forward<T>(tensors, y, final);
    }
}
