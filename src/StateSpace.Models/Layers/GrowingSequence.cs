using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Models.Layers;

/// <summary>
/// Keys and values that get longer by a token at a time, without a copy of all of them for each: what is appended lies behind them, in memory that
/// was taken in advance.
/// </summary>
/// <remarks>
/// The longer sequence is another tensor; the shorter one stays what it was. Of several heirs of one sequence the first takes the place behind it,
/// the others get a copy. Several rows, whose sequences do not lie behind each other, and recorded passes are concatenated.
/// </remarks>
internal static class GrowingSequence
{
    private const long SmallestCapacity = 64;

    /// <summary>Two sequences as one.</summary>
    /// <param name="past">(B, S, …).</param>
    /// <param name="next">(B, L, …).</param>
    /// <returns>(B, S + L, …).</returns>
    public static Tensor Append(Tensor past, Tensor next)
    {
        // What was read in another type, or on another device, goes on in the type of what is read now.
        if (past.DType != next.DType) past = past.Convert(next.DType);
        if (past.Shape[0] != 1 || Tape.Current is not null) return Tensor.Concatenate(1, past, next);
        var shape = past.Shape.With(1, past.Shape[1] + next.Shape[1]);
        var (end, size) = (past.Offset + past.Count, past.DType.Size());
        var fits = (end + next.Count) * size <= past.Storage.Capacity && past.Storage.TryExtend(end, end + next.Count);
        if (fits)
        {
            var place = past.Alias(next.Shape, past.Count);
            place.CopyFrom(next);
            return past.Alias(shape);
        }

        var room = Tensor.Empty(shape.With(1, Math.Max(SmallestCapacity, 2 * shape[1])), past.DType, past.Device);
        room.Alias(past.Shape).CopyFrom(past);
        room.Alias(next.Shape, past.Count).CopyFrom(next);
        room.Storage.BeginGrowth(past.Count + next.Count);
        return room.Alias(shape);
    }
}
