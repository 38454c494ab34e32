namespace StateSpace.Tensors.Verification;

/// <summary>Numbers in double with a shape: what references take and give.</summary>
internal sealed record ReferenceArray(Shape Shape, double[] Values)
{
    public static ReferenceArray Zeros(Shape shape) => new(shape, new double[shape.Count]);

    public static ReferenceArray Of(Tensor tensor) => new(tensor.Shape, tensor.ToArray<double>());

    public Tensor ToTensor(DType dtype)
    {
        using var exact = Tensor.From<double>(Values, Shape);
        return dtype == DType.Float64 ? exact.Clone() : exact.Convert(dtype);
    }
}
