using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Training.LanguageModels.Data;

/// <summary>Which windows a step trains on: a function of seed and step alone, so that a resumed run goes on exactly.</summary>
public abstract class BatchOrder
{
    private protected BatchOrder(TokenText text, int batch, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (text.Count <= length) throw new ArgumentException($"{text.Count} tokens hold no window of {length} and the token after it", nameof(text));
        (Text, Batch, Length) = (text, batch, length);
    }

    /// <summary>Rows of a batch, B.</summary>
    public int Batch { get; }

    /// <summary>Tokens of a window, L.</summary>
    public int Length { get; }

    private protected TokenText Text { get; }

    /// <summary>The order of a mode.</summary>
    /// <param name="mode">How text becomes batches.</param>
    /// <param name="text">The text; must be longer than a window.</param>
    /// <param name="batch">Rows of a batch.</param>
    /// <param name="length">Tokens of a window.</param>
    /// <param name="parts">Batches per step, whose gradients are accumulated.</param>
    /// <param name="random">Where the order comes from; it is not advanced.</param>
    public static BatchOrder Create(BatchMode mode, TokenText text, int batch, int length, int parts, RandomSource random) =>
        mode == BatchMode.Packed ? new PackedOrder(text, batch, length, parts, random) : new CarriedOrder(text, batch, length, parts, random);

    /// <summary>The windows of one part of a step.</summary>
    /// <param name="step">Steps made before, from 0.</param>
    /// <param name="part">Part of the step whose gradients are accumulated, from 0.</param>
    /// <param name="share">Which share of the rows, from 0.</param>
    /// <param name="shares">In how many equal shares the rows are cut.</param>
    public TokenBatch Take(long step, int part, int share = 0, int shares = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var windows = new Window[Batch / shares];
        for (var row = 0; row < windows.Length; row++) windows[row] = Place(step, part, (share * windows.Length) + row);
        return TokenBatch.Of(Text, windows, Length);
    }

    private protected abstract Window Place(long step, int part, int row);
}

/// <summary>
/// Epoch after epoch, each a random order of windows that touch one another, from a beginning that is random too, so that the borders
/// between windows are elsewhere in every epoch. Rows begin from a zero state, so that their beginnings need no flags.
/// </summary>
internal sealed class PackedOrder : BatchOrder
{
    private readonly int _parts;
    private readonly int _windows;
    private readonly RandomSource _random;
    private (long Epoch, int Beginning, int[] Windows) _now;
    private (long Epoch, int Beginning, int[] Windows) _next;

    public PackedOrder(TokenText text, int batch, int length, int parts, RandomSource random)
        : base(text, batch, length)
    {
        (_parts, _random) = (parts, random);
        _windows = Math.Max(1, (text.Count - length) / length);
        (_now, _next) = (Draw(0), Draw(1));
    }

    private protected override Window Place(long step, int part, int row)
    {
        var index = (((step * _parts) + part) * Batch) + row;
        var (epoch, place) = Math.DivRem(index, _windows);
        if (epoch != _now.Epoch && epoch != _next.Epoch) (_now, _next) = (epoch == _next.Epoch + 1 ? _next : Draw(epoch - 1), Draw(epoch));
        var (_, beginning, windows) = epoch == _now.Epoch ? _now : _next;
        return new(beginning + (windows[place] * Length), RowBegin.FromZero);
    }

    private (long Epoch, int Beginning, int[] Windows) Draw(long epoch)
    {
        var random = _random.Split(epoch);
        var beginning = (int)random.NextInteger(Text.Count - (_windows * Length));
        return (epoch, beginning, random.Permutation(_windows));
    }
}

/// <summary>Readers at equal distances, which go round the text. Where one passes its end, it begins the first document anew.</summary>
internal sealed class CarriedOrder : BatchOrder
{
    private readonly int _parts;
    private readonly int _round;
    private readonly int _beginning;

    public CarriedOrder(TokenText text, int batch, int length, int parts, RandomSource random)
        : base(text, batch, length)
    {
        _parts = parts;

        // Windows of a round; the tokens after the last one, fewer than a window, are read in the next round, which begins later.
        _round = (text.Count - 1) / length;
        _beginning = (int)random.Split("beginning").NextInteger(_round);
    }

    private protected override Window Place(long step, int part, int row)
    {
        var readers = _parts * Batch;
        var reader = (part * Batch) + row;
        var window = _beginning + ((long)reader * _round / readers) + step;
        var (round, place) = Math.DivRem(window, _round);
        var slack = Text.Count - 1 - (_round * Length);
        return new((int)((place * Length) + (round % (slack + 1))), place == 0 ? RowBegin.Anew : RowBegin.GoesOn);
    }
}
