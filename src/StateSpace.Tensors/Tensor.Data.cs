using System.Runtime.InteropServices;

namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>The elements in place. Valid while the tensor is.</summary>
    /// <typeparam name="T">The .NET type of <see cref="DType"/>.</typeparam>
    /// <exception cref="InvalidOperationException">T is not the element type, or there are more than 2^31 − 1 elements.</exception>
    public unsafe Span<T> Span<T>()
        where T : unmanaged
    {
        if (Count > int.MaxValue) throw new InvalidOperationException($"{this} has too many elements for one span; slice it");
        return new(Pointer<T>(), (int)Count);
    }

    /// <summary>A copy of the elements in row-major order, converted to T where T is another type.</summary>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        if (DTypes.Of<T>() == DType) return Span<T>().ToArray();
        using var converted = Convert(DTypes.Of<T>());
        return converted.Span<T>().ToArray();
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
        return DType switch
        {
            DType.Float32 => Pointer<float>()[position],
            DType.Float64 => Pointer<double>()[position],
            DType.Int32 => Pointer<int>()[position],
            _ => Pointer<long>()[position],
        };
    }

    /// <summary>Sets the element at a row-major position, rounded to the element type. Slow: for tests.</summary>
    public unsafe void SetValue(long position, double value)
    {
        if ((ulong)position >= (ulong)Count) throw new ArgumentOutOfRangeException(nameof(position), position, $"{this} has {Count} elements");
        switch (DType)
        {
            case DType.Float32: Pointer<float>()[position] = (float)value; break;
            case DType.Float64: Pointer<double>()[position] = value; break;
            case DType.Int32: Pointer<int>()[position] = (int)value; break;
            default: Pointer<long>()[position] = (long)value; break;
        }
    }

    /// <summary>Sets every element to zero.</summary>
    public unsafe void Clear() => NativeMemory.Clear(Bytes(), (nuint)(Count * DType.Size()));

    /// <summary>Sets every element to a value, rounded to the element type.</summary>
    public void Fill(double value)
    {
        switch (DType)
        {
            case DType.Float32: FillWith((float)value); break;
            case DType.Float64: FillWith(value); break;
            case DType.Int32: FillWith((int)value); break;
            default: FillWith((long)value); break;
        }
    }

    /// <summary>Copies the elements of a tensor of the same shape and type into this one. Not recorded.</summary>
    /// <exception cref="ShapeException">Shape or type differ.</exception>
    public unsafe void CopyFrom(Tensor source)
    {
        ShapeException.Require(source.Shape == Shape && source.DType == DType, "CopyFrom", $"target is {this} but source is {source}");
        var bytes = Count * DType.Size();
        Buffer.MemoryCopy(source.Bytes(), Bytes(), bytes, bytes);
    }

    /// <summary>First element.</summary>
    internal unsafe T* Pointer<T>()
        where T : unmanaged
    {
        if (DTypes.Of<T>() != DType) throw new InvalidOperationException($"{this} does not hold {typeof(T).Name}");
        return (T*)Bytes();
    }

    internal unsafe byte* Bytes() => Storage.Pointer + (_offset * DType.Size());

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
