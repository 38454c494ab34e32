using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>How far back each query of a piece may see, where rows hold several sequences one after the other.</summary>
internal sealed class KeyReach
{
    private readonly long _keys;
    private readonly Device _device;

    /// <summary>For each row the first key that the token after the piece may see.</summary>
    private readonly int[] _next;

    /// <param name="batch">B.</param>
    /// <param name="length">Tokens of the piece, L.</param>
    /// <param name="past">Keys kept from before.</param>
    /// <param name="seen">How many of those the first token may see, (B) of Int32; all where null.</param>
    /// <param name="resets">Where sequences start, (B, L) of Int32; nowhere where null.</param>
    /// <param name="device">Where the queries are.</param>
    public KeyReach(long batch, long length, long past, Tensor? seen, Tensor? resets, Device device)
    {
        (_keys, _device) = (past + length, device);
        _next = new int[batch];
        if (seen is not null)
        {
            var visible = seen.ToArray<int>();
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
        var firsts = new int[batch * length];
        var starts = resets?.ToArray<int>() ?? [];
        for (var i = 0; i < firsts.Length; i++)
        {
            var (b, t) = Math.DivRem(i, (int)length);
            if (starts.Length > 0 && starts[i] != 0) _next[b] = (int)past + t;
            firsts[i] = _next[b];
        }

        First = Tensor.From<int>(firsts, [batch, length]).To(device);
    }

    /// <summary>The first key that each query may see, (B, L) of Int32; null where each sees all.</summary>
    public Tensor? First { get; }

    /// <summary>How many of the last keys the token after the piece may see, (B) of Int32.</summary>
    /// <param name="kept">Number of the last keys that are kept.</param>
    public Tensor Seen(long kept) => Tensor.From<int>([.. _next.Select(first => (int)Math.Min(kept, _keys - first))], [_next.Length]).To(_device);
}
