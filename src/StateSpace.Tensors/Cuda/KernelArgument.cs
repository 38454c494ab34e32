using System.Runtime.CompilerServices;

namespace StateSpace.Tensors.Cuda;

/// <summary>
/// One argument of a kernel, in eight bytes: an address or a number. Whole numbers are kept with their sign over all eight, so that they
/// serve an <c>int</c> and a <c>long long</c> parameter alike; a <c>double</c> parameter takes a double only, a <c>float</c> a float.
/// </summary>
internal readonly struct KernelArgument
{
    private readonly ulong _bits;

    private KernelArgument(ulong bits) => _bits = bits;

    /// <summary>The eight bytes; the driver reads as many as the parameter has.</summary>
    public ulong Bits => _bits;

    /// <summary>The address of the first element; null for no tensor.</summary>
    /// <exception cref="InvalidOperationException">The tensor lies on the CPU.</exception>
    public static implicit operator KernelArgument(Tensor? tensor) => new(tensor is null ? 0 : Address(tensor));

    public static implicit operator KernelArgument(int value) => new((ulong)value);

    public static implicit operator KernelArgument(long value) => new((ulong)value);

    public static implicit operator KernelArgument(uint value) => new(value);

    public static implicit operator KernelArgument(ulong value) => new(value);

    public static implicit operator KernelArgument(nint value) => new((ulong)value);

    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToUInt32Bits(value));

    public static implicit operator KernelArgument(double value) => new(BitConverter.DoubleToUInt64Bits(value));

    public static unsafe implicit operator KernelArgument(byte* address) => new((ulong)address);

    private static ulong Address(Tensor tensor)
    {
        if (tensor.Device.IsCpu) OnCpu(tensor);
        return tensor.Address();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OnCpu(Tensor tensor) => throw new InvalidOperationException($"a kernel on a GPU was given {tensor}");
}
