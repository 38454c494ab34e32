using StateSpace.Tensors;

namespace StateSpace.Training.LanguageModels.Data;

/// <summary>Windows of text side by side. Belongs to the tensor scope in which it was made.</summary>
/// <param name="Ids">What the model reads, (B, L) of Int32.</param>
/// <param name="Targets">The token after each, (B, L) of Int32.</param>
/// <param name="Resets">(B, L) of Int32, 1 where a document begins; null where none does.</param>
public sealed record TokenBatch(Tensor Ids, Tensor Targets, Tensor? Resets)
{
    /// <summary>The batch on a device.</summary>
    /// <param name="device">The device.</param>
    public TokenBatch To(Device device) => new(Ids.To(device), Targets.To(device), Resets?.To(device));

    /// <summary>The windows of <paramref name="length"/> tokens at these places.</summary>
    /// <param name="text">The text; a window's last target must lie in it.</param>
    /// <param name="windows">Where each row begins.</param>
    /// <param name="length">Tokens of a window.</param>
    internal static TokenBatch Of(TokenText text, ReadOnlySpan<Window> windows, int length)
    {
        var rows = windows.Length;
        Tensor ids = Tensor.Empty([rows, length], DType.Int32), targets = ids.EmptyLike();
        var flags = new int[rows * length];
        for (var row = 0; row < rows; row++)
        {
            var (from, to) = (windows[row].Position, row * length);
            text.Ids.Slice(from, length).CopyTo(ids.Span<int>()[to..]);
            text.Ids.Slice(from + 1, length).CopyTo(targets.Span<int>()[to..]);
            text.MarkStarts(from, flags.AsSpan(to, length));
            if (windows[row].Begin != RowBegin.GoesOn) flags[to] = windows[row].Begin == RowBegin.Anew ? 1 : 0;
        }

        return new(ids, targets, Array.IndexOf(flags, 1) >= 0 ? Tensor.From<int>(flags, [rows, length]) : null);
    }
}

/// <summary>Where a row of a batch begins.</summary>
/// <param name="Position">First token.</param>
/// <param name="Begin">With which state.</param>
internal readonly record struct Window(int Position, RowBegin Begin);

/// <summary>With which state a row of a batch begins.</summary>
internal enum RowBegin
{
    /// <summary>That in which the row of the last batch ended.</summary>
    GoesOn,

    /// <summary>Zero, in place of that one: a flag says so.</summary>
    Anew,

    /// <summary>Zero, because there is no other: a flag would say nothing.</summary>
    FromZero,
}
