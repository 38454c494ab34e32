namespace StateSpace.Inference;

/// <summary>
/// Lets text through as it comes, up to the first stop string. It holds back what may be the beginning of one, so that a stop that several tokens make is found
/// and no part of it gets out.
/// </summary>
internal sealed class StopMatcher
{
    private readonly IReadOnlyList<string> _stops;
    private string _held = "";

    /// <param name="stops">None of them empty.</param>
    public StopMatcher(IReadOnlyList<string> stops) => _stops = stops;

    /// <summary>Whether a stop string was met; nothing gets through any more.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Takes text.</summary>
    /// <returns>What is certain to be before a stop.</returns>
    public string Add(string text)
    {
        if (IsStopped || _stops.Count == 0) return IsStopped ? "" : text;
        text = _held + text;
        var first = _stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(index => index >= 0).DefaultIfEmpty(-1).Min();
        if (first >= 0)
        {
            (IsStopped, _held) = (true, "");
            return text[..first];
        }

        var held = _stops.Max(stop => Overlap(text, stop));
        _held = text[^held..];
        return text[..^held];
    }

    /// <summary>The text has ended: what was held back is text.</summary>
    public string Finish()
    {
        var held = _held;
        _held = "";
        return held;
    }

    /// <summary>Length of the longest end of the text with which the stop begins.</summary>
    private static int Overlap(string text, string stop)
    {
        for (var length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length))) return length;
        }

        return 0;
    }
}
