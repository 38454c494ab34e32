namespace StateSpace.Models.Tokenization;

/// <summary>What becomes of the parts of a text that a rule matches.</summary>
internal enum SplitBehavior
{
    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each is a piece of its own.</summary>
    Isolated,

    /// <summary>Each ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each begins the piece behind it.</summary>
    MergedWithNext,

    /// <summary>Those that touch are one piece.</summary>
    Contiguous,
}

/// <summary>A step that cuts a text into pieces.</summary>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="inverts">Whether what the rule does not match counts as matched.</param>
internal abstract class SplitRule(SplitBehavior behavior, bool inverts)
{
    /// <summary>The pieces in order; none is empty.</summary>
    public List<(int Start, int End)> Split(ReadOnlySpan<char> text)
    {
        var parts = Parts(text);
        var pieces = new List<(int Start, int End)>(parts.Count);
        var wasMatch = false;
        if (behavior == SplitBehavior.MergedWithNext) parts.Reverse();
        foreach (var (start, end, isMatch) in parts)
        {
            var joins = behavior switch
            {
                SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext => isMatch && !wasMatch,
                SplitBehavior.Contiguous => isMatch == wasMatch,
                _ => false,
            };
            wasMatch = isMatch;
            if (behavior == SplitBehavior.Removed && isMatch) continue;
            if (joins && pieces.Count > 0) pieces[^1] = (Math.Min(pieces[^1].Start, start), Math.Max(pieces[^1].End, end));
            else pieces.Add((start, end));
        }

        if (behavior == SplitBehavior.MergedWithNext) pieces.Reverse();
        pieces.RemoveAll(piece => piece.Start == piece.End);
        return pieces;
    }

    /// <summary>Appends what the rule matches, in order and without overlap.</summary>
    protected abstract void Match(ReadOnlySpan<char> text, List<(int Start, int End)> matches);

    private List<(int Start, int End, bool IsMatch)> Parts(ReadOnlySpan<char> text)
    {
        var matches = new List<(int Start, int End)>();
        Match(text, matches);
        var parts = new List<(int, int, bool)>((2 * matches.Count) + 1);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            if (start > done) parts.Add((done, start, inverts));
            parts.Add((start, end, !inverts));
            done = end;
        }

        if (done < text.Length) parts.Add((done, text.Length, inverts));
        return parts;
    }
}
