namespace StateSpace.Tensors.Verification;

/// <summary>Numbers in double with a shape: what references take and give.</summary>
internal sealed record ReferenceArray(Shape Shape, double[] Values)
{
    public static ReferenceArray Zeros(Shape shape) => new(shape, new double[shape.Count]);

    public static ReferenceArray Of(Tensor tensor) => new(tensor.Shape, tensor.ToArray<double>());

    /// <summary>Row-major position in an operand of the element that broadcasting puts at a position of the common shape.</summary>
    public static long BroadcastPosition(long position, Shape shape, Shape operand)
    {
        long result = 0, stride = 1;
        for (var axis = 1; axis <= operand.Rank; axis++)
        {
            if (operand[^axis] != 1) result += position % shape[^axis] * stride;
            position /= shape[^axis];
            stride *= operand[^axis];
        }

        return result;
    }

    public Tensor ToTensor(DType dtype)
    {
        using var exact = Tensor.From<double>(Values, Shape);
        return dtype == DType.Float64 ? exact.Clone() : exact.Convert(dtype);
    }
}
