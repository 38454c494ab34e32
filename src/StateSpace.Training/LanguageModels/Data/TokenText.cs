namespace StateSpace.Training.LanguageModels.Data;

/// <summary>Documents one after the other as token ids.</summary>
public sealed class TokenText
{
    private readonly int[] _ids;
    private readonly int[] _starts;

    /// <summary>Takes over the arrays.</summary>
    /// <param name="ids">Token ids in reading order.</param>
    /// <param name="starts">Positions where a document begins, ascending.</param>
    public TokenText(int[] ids, int[] starts)
    {
        _ids = ids;
        _starts = starts;
    }

    /// <summary>Number of tokens.</summary>
    public int Count => _ids.Length;

    /// <summary>Number of positions where a document begins.</summary>
    public int Documents => _starts.Length;

    /// <summary>The ids.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>Marks by 1 the positions of a window at which a document begins; the other flags are left as they are.</summary>
    /// <param name="position">First position of the window.</param>
    /// <param name="flags">One flag per position.</param>
    public void MarkStarts(int position, Span<int> flags)
    {
        var index = Array.BinarySearch(_starts, position);
        if (index < 0) index = ~index;
        for (; index < _starts.Length && _starts[index] - position < flags.Length; index++) flags[_starts[index] - position] = 1;
    }
}
