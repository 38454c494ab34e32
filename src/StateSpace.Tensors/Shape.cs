using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace StateSpace.Tensors;

/// <summary>Sizes of a tensor's axes, outermost first; a scalar has none. Row-major: the last axis is contiguous.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    private readonly long[]? _sizes;

    private Shape(long[] sizes) => _sizes = sizes;

    /// <summary>The shape of a scalar.</summary>
    public static Shape Scalar => new([]);

    /// <summary>Number of axes.</summary>
    public int Rank => Sizes.Length;

    /// <summary>Number of elements: the product of all sizes.</summary>
    public long Count => Product(0, Rank);

    private ReadOnlySpan<long> Sizes => _sizes ?? [];

    /// <summary>Size of an axis; counts from the end where negative (−1 is the last axis).</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public long this[int axis] => Sizes[Axis(axis)];

    /// <summary>Size of an axis, from either end.</summary>
    public long this[Index axis] => Sizes[axis];

    /// <summary>Sizes as a new shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    public static Shape Create(ReadOnlySpan<long> sizes)
    {
        foreach (var size in sizes) ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(sizes));
        return new(sizes.ToArray());
    }

    /// <summary>Sizes as a new shape.</summary>
    public static implicit operator Shape(long[] sizes) => Create(sizes);

    /// <summary>Whether the sizes are the same.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether the sizes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The axis as a number from 0, from one that may count from the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int Axis(int axis)
    {
        var index = axis < 0 ? axis + Rank : axis;
        if ((uint)index >= (uint)Rank) throw new ArgumentOutOfRangeException(nameof(axis), axis, $"shape {this} has no axis {axis}");
        return index;
    }

    /// <summary>Product of the sizes of axes <paramref name="from"/> … <paramref name="to"/> − 1.</summary>
    public long Product(int from, int to)
    {
        var count = 1L;
        for (var i = from; i < to; i++) count = checked(count * Sizes[i]);
        return count;
    }

    /// <summary>This shape with the size of one axis replaced.</summary>
    public Shape With(int axis, long size)
    {
        var sizes = ToArray();
        sizes[Axis(axis)] = size;
        return Create(sizes);
    }

    /// <summary>This shape without one axis.</summary>
    public Shape Without(int axis)
    {
        axis = Axis(axis);
        return Create([.. Sizes[..axis], .. Sizes[(axis + 1)..]]);
    }

    /// <summary>This shape with a new axis before <paramref name="axis"/>.</summary>
    public Shape Insert(int axis, long size) => Create([.. Sizes[..axis], size, .. Sizes[axis..]]);

    /// <summary>The common shape of two operands: axes align at the end, and an axis of size 1 repeats.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">The other.</param>
    /// <param name="result">The common shape.</param>
    /// <returns>False where two sizes differ and neither is 1.</returns>
    public static bool TryBroadcast(Shape left, Shape right, out Shape result)
    {
        var sizes = new long[Math.Max(left.Rank, right.Rank)];
        for (var i = 1; i <= sizes.Length; i++)
        {
            var a = i <= left.Rank ? left[^i] : 1;
            var b = i <= right.Rank ? right[^i] : 1;
            if (a != b && a != 1 && b != 1)
            {
                result = default;
                return false;
            }

            sizes[^i] = a == 1 ? b : a;
        }

        result = new(sizes);
        return true;
    }

    /// <summary>The sizes as a new array.</summary>
    public long[] ToArray() => Sizes.ToArray();

    /// <summary>Enumerates the sizes, outermost first.</summary>
    public ReadOnlySpan<long>.Enumerator GetEnumerator() => Sizes.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape other) => Sizes.SequenceEqual(other.Sizes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var size in Sizes) hash.Add(size);
        return hash.ToHashCode();
    }

    /// <summary>The shape as errors print it: <c>(8, 2048, 1536)</c>.</summary>
    public override string ToString() => $"({string.Join(", ", ToArray())})";
}
