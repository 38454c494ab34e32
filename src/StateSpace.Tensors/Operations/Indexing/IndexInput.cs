namespace StateSpace.Tensors.Operations.Indexing;

/// <summary>Integer inputs of either width, read as 64-bit numbers.</summary>
internal static unsafe class IndexInput
{
    public static bool IsInteger(this DType dtype) => dtype is DType.Int32 or DType.Int64;

    /// <summary>The numbers as Int64: the same memory where they are that already. The caller disposes the result.</summary>
    public static Tensor ToInt64(Tensor indices) => indices.DType == DType.Int64 ? indices.Alias(indices.Shape) : indices.Convert(DType.Int64);

    /// <summary>Requires 0 ≤ value &lt; <paramref name="limit"/> of every number but <paramref name="ignore"/>.</summary>
    /// <returns>How many are not <paramref name="ignore"/>.</returns>
    /// <exception cref="IndexValueException">A number is out of range.</exception>
    public static long Check(string operation, string name, Tensor indices, long limit, long? ignore = null)
    {
        var values = indices.Pointer<long>();
        var count = 0L;
        for (long i = 0; i < indices.Count; i++)
        {
            if (values[i] == ignore) continue;
            count++;
            if ((ulong)values[i] >= (ulong)limit) throw OutOfRange(operation, name, indices.Shape, i, values[i], limit, ignore);
        }

        return count;
    }

    /// <summary>The error for a number that is out of range.</summary>
    public static IndexValueException OutOfRange(string operation, string name, Shape shape, long position, long value, long limit, long? ignore)
    {
        var exception = ignore is { } number ? $" or be {number}, which is ignored" : "";
        return new(operation, $"{name} at {Coordinates(shape, position)} is {value}; it must be at least 0 and less than {limit}{exception}");
    }

    private static string Coordinates(Shape shape, long position)
    {
        var index = new long[shape.Rank];
        for (var axis = shape.Rank - 1; axis >= 0; axis--)
        {
            index[axis] = position % shape[axis];
            position /= shape[axis];
        }

        return $"({string.Join(", ", index)})";
    }
}
