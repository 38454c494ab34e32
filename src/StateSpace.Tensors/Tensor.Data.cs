using System.Runtime.InteropServices;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>The elements in place, of a tensor on the CPU. Valid while the tensor is.</summary>
    /// <typeparam name="T">The .NET type of <see cref="DType"/>.</typeparam>
    /// <exception cref="InvalidOperationException">T is not the element type, the tensor is on a GPU, or there are more than 2^31 − 1 elements.</exception>
    public unsafe Span<T> Span<T>()
        where T : unmanaged
    {
        if (Count > int.MaxValue) throw new InvalidOperationException($"{this} has too many elements for one span; slice it");
        return new(Pointer<T>(), (int)Count);
    }

    /// <summary>A copy of the elements in row-major order, converted to T where T is another type. Waits for the device.</summary>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        if (DTypes.Of<T>() == DType && Device.IsCpu) return Span<T>().ToArray();
        using var scope = new TensorScope();
        return Detach().To(Device.Cpu).Convert(DTypes.Of<T>()).Span<T>().ToArray();
    }

    /// <summary>The only element, as a double.</summary>
    /// <exception cref="InvalidOperationException">There is not exactly one element.</exception>
    public double Item()
    {
        if (Count != 1) throw new InvalidOperationException($"{this} has {Count} elements, not one");
        return GetValue(0);
    }

    /// <summary>Element at a row-major position, as a double. Slow: for tests and display.</summary>
    public unsafe double GetValue(long position)
    {
        if ((ulong)position >= (ulong)Count) throw new ArgumentOutOfRangeException(nameof(position), position, $"{this} has {Count} elements");
        if (!Device.IsCpu)
        {
            using var scope = new TensorScope();
            return Alias(Shape.Scalar, position).To(Device.Cpu).GetValue(0);
        }

        return DType switch
        {
            DType.Float32 => Pointer<float>()[position],
            DType.Float64 => Pointer<double>()[position],
            DType.Int32 => Pointer<int>()[position],
            DType.BFloat16 => Cpu.BrainFloats.Widen(((ushort*)Bytes())[position]),
            _ => Pointer<long>()[position],
        };
    }

    /// <summary>Sets the element at a row-major position, rounded to the element type. Slow: for tests.</summary>
    public unsafe void SetValue(long position, double value)
    {
        if ((ulong)position >= (ulong)Count) throw new ArgumentOutOfRangeException(nameof(position), position, $"{this} has {Count} elements");
        if (!Device.IsCpu || DType == DType.BFloat16)
        {
            using var scope = new TensorScope();
            Alias(Shape.Scalar, position).CopyFrom(Scalar(value, DType.Accurate()).Convert(DType).To(Device));
            return;
        }

        switch (DType)
        {
            case DType.Float32: Pointer<float>()[position] = (float)value; break;
            case DType.Float64: Pointer<double>()[position] = value; break;
            case DType.Int32: Pointer<int>()[position] = (int)value; break;
            default: Pointer<long>()[position] = (long)value; break;
        }
    }

    /// <summary>Sets every element to zero.</summary>
    public unsafe void Clear()
    {
        if (Device.IsCpu) NativeMemory.Clear(Bytes(), (nuint)(Count * DType.Size()));
        else DeviceMemory.Clear(this);
    }

    /// <summary>Sets every element to a value, rounded to the element type.</summary>
    public void Fill(double value)
    {
        if (!Device.IsCpu)
        {
            Operations.Layout.LayoutCuda.Fill(this, value);
            return;
        }

        if (DType == DType.BFloat16)
        {
            using var scope = new TensorScope();
            var one = Scalar(value, DType.Accurate()).Convert(DType);
            CopyFrom(Count == 1 ? one.Reshape(Shape) : one.BroadcastTo(Shape));
            return;
        }

        switch (DType)
        {
            case DType.Float32: FillWith((float)value); break;
            case DType.Float64: FillWith(value); break;
            case DType.Int32: FillWith((int)value); break;
            default: FillWith((long)value); break;
        }
    }

    /// <summary>Copies the elements of a tensor of the same shape and type, on any device, into this one. Not recorded. A copy to the CPU waits for the device.</summary>
    /// <exception cref="ShapeException">Shape or type differ.</exception>
    public unsafe void CopyFrom(Tensor source)
    {
        ShapeException.Require(source.Shape == Shape && source.DType == DType, "CopyFrom", $"target is {this} but source is {source}");
        if (Count == 0) return;
        var bytes = Count * DType.Size();
        if (Device.IsCpu && source.Device.IsCpu) Buffer.MemoryCopy(source.Bytes(), Bytes(), bytes, bytes);
        else DeviceMemory.Copy(source, this);
    }

    /// <summary>First element.</summary>
    internal unsafe T* Pointer<T>()
        where T : unmanaged
    {
        if (DTypes.Of<T>() != DType) throw new InvalidOperationException($"{this} does not hold {typeof(T).Name}");
        return (T*)Bytes();
    }

    /// <summary>First byte, of a tensor on the CPU.</summary>
    internal unsafe byte* Bytes() =>
        Device.IsCpu ? Storage.Pointer + (_offset * DType.Size()) : throw new InvalidOperationException($"{this} is not in the CPU's memory; copy it with To(Device.Cpu)");

    /// <summary>First byte in the memory of its device.</summary>
    internal unsafe ulong Address() => (ulong)(Storage.Pointer + (_offset * DType.Size()));

    private unsafe void FillWith<T>(T value)
        where T : unmanaged
    {
        var pointer = Pointer<T>();
        for (long done = 0, count = Count; done < count; done += int.MaxValue)
        {
            new Span<T>(pointer + done, (int)Math.Min(int.MaxValue, count - done)).Fill(value);
        }
    }
}
