namespace StateSpace.Tensors.Cuda;

/// <summary>Blocks of a launch along three axes. Made from a number, or from two or three in brackets.</summary>
internal readonly struct Grid
{
    /// <exception cref="InvalidOperationException">A size is not positive or more than the hardware's limit.</exception>
    public Grid(long x, long y = 1, long z = 1)
    {
        if (x is < 1 or > int.MaxValue || y is < 1 or > ushort.MaxValue || z is < 1 or > ushort.MaxValue)
            throw new InvalidOperationException($"a grid of {x} x {y} x {z} blocks cannot be launched: the limits are {int.MaxValue}, {ushort.MaxValue}, {ushort.MaxValue}");
        (X, Y, Z) = ((uint)x, (uint)y, (uint)z);
    }

    public uint X { get; }

    public uint Y { get; }

    public uint Z { get; }

    public static implicit operator Grid(int x) => new(x);

    public static implicit operator Grid(long x) => new(x);

    public static implicit operator Grid((long X, long Y) size) => new(size.X, size.Y);

    public static implicit operator Grid((long X, long Y, long Z) size) => new(size.X, size.Y, size.Z);

    /// <summary>Blocks that cover <paramref name="count"/> elements, so many in each.</summary>
    public static long Cover(long count, long perBlock) => (count + perBlock - 1) / perBlock;

    public override string ToString() => $"{X} x {Y} x {Z}";
}
