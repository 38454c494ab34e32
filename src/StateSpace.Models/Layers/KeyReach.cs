using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>How far back each query of a piece may see, where rows hold several sequences one after the other.</summary>
internal sealed class KeyReach
{
    private readonly long _keys;

    /// <summary>For each row the first key that the token after the piece may see.</summary>
    private readonly int[] _next;

    /// <param name="batch">B.</param>
    /// <param name="length">Tokens of the piece, L.</param>
    /// <param name="past">Keys kept from before.</param>
    /// <param name="seen">How many of those the first token may see, (B) of Int32; all where null.</param>
    /// <param name="resets">Where sequences start, (B, L) of Int32; nowhere where null.</param>
    public KeyReach(long batch, long length, long past, Tensor? seen, Tensor? resets)
    {
        _keys = past + length;
        _next = new int[batch];
        if (seen is not null)
        {
            var visible = seen.Span<int>();
            for (var b = 0; b < batch; b++)
            {
                if (visible[b] < 0 || visible[b] > past)
                {
                    throw new ShapeException(nameof(SelfAttention), $"the state lets row {b} see {visible[b]} of {past} kept keys");
                }

                _next[b] = (int)past - visible[b];
            }
        }

        if (resets is null && Array.TrueForAll(_next, first => first == 0)) return;
        First = Tensor.Empty([batch, length], DType.Int32);
        var firsts = First.Span<int>();
        var starts = resets is null ? default : resets.Span<int>();
        for (var i = 0; i < firsts.Length; i++)
        {
            var (b, t) = Math.DivRem(i, (int)length);
            if (!starts.IsEmpty && starts[i] != 0) _next[b] = (int)past + t;
            firsts[i] = _next[b];
        }
    }

    /// <summary>The first key that each query may see, (B, L) of Int32; null where each sees all.</summary>
    public Tensor? First { get; }

    /// <summary>How many of the last keys the token after the piece may see, (B) of Int32.</summary>
    /// <param name="kept">Number of the last keys that are kept.</param>
    public Tensor Seen(long kept) => Tensor.From<int>([.. _next.Select(first => (int)Math.Min(kept, _keys - first))], [_next.Length]);
}
