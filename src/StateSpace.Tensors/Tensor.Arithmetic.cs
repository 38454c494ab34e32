using System.Numerics;
using System.Numerics.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.Arithmetic;

namespace StateSpace.Tensors;

public sealed partial class Tensor
{
    /// <summary>Element-wise sum with broadcasting.</summary>
    public static Tensor operator +(Tensor left, Tensor right) => new Add().Apply(left, right);

    /// <summary>Element-wise difference with broadcasting.</summary>
    public static Tensor operator -(Tensor left, Tensor right) => new Subtract().Apply(left, right);

    /// <summary>Element-wise product with broadcasting.</summary>
    public static Tensor operator *(Tensor left, Tensor right) => new Multiply().Apply(left, right);

    /// <summary>Element-wise quotient with broadcasting.</summary>
    public static Tensor operator /(Tensor left, Tensor right) => new Divide().Apply(left, right);

    /// <summary>Adds a number to every element.</summary>
    public static Tensor operator +(Tensor left, double right) => Affine.Apply(left, 1, right);

    /// <summary>Adds a number to every element.</summary>
    public static Tensor operator +(double left, Tensor right) => Affine.Apply(right, 1, left);

    /// <summary>Subtracts a number from every element.</summary>
    public static Tensor operator -(Tensor left, double right) => Affine.Apply(left, 1, -right);

    /// <summary>Subtracts every element from a number.</summary>
    public static Tensor operator -(double left, Tensor right) => Affine.Apply(right, -1, left);

    /// <summary>Multiplies every element by a number.</summary>
    public static Tensor operator *(Tensor left, double right) => Affine.Apply(left, right, 0);

    /// <summary>Multiplies every element by a number.</summary>
    public static Tensor operator *(double left, Tensor right) => Affine.Apply(right, left, 0);

    /// <summary>Divides every element by a number.</summary>
    public static Tensor operator /(Tensor left, double right) => Affine.Apply(left, 1 / right, 0);

    /// <summary>Changes every sign.</summary>
    public static Tensor operator -(Tensor tensor) => Affine.Apply(tensor, -1, 0);

    /// <summary>Element-wise maximum with broadcasting; where both are the same, each gets half of the gradient.</summary>
    public static Tensor Maximum(Tensor left, Tensor right) => new Maximum().Apply(left, right);

    /// <summary>Element-wise minimum with broadcasting; where both are the same, each gets half of the gradient.</summary>
    public static Tensor Minimum(Tensor left, Tensor right) => -Maximum(-left, -right);

    /// <summary>Adds a tensor of the same shape and type into this one. Not recorded.</summary>
    internal void AddInPlace(Tensor other)
    {
        ShapeException.Require(other.Shape == Shape && other.DType == DType && other.Device == Device, "AddInPlace", $"target is {this} but operand is {other}");
        if (!Device.IsCpu) ArithmeticCuda.Run("OPERATION=Add", this, other, this);
        else if (DType == DType.Float32) AddInPlace<float>(other);
        else AddInPlace<double>(other);
    }

    private unsafe void AddInPlace<T>(Tensor other)
        where T : unmanaged, INumberBase<T>
    {
        T* target = Pointer<T>(), source = other.Pointer<T>();
        CpuTeam.ForBlocks(Count, 1 << 15, (start, end) =>
        {
            var sum = new Span<T>(target + start, (int)(end - start));
            TensorPrimitives.Add(sum, new ReadOnlySpan<T>(source + start, (int)(end - start)), sum);
        });
    }
}
