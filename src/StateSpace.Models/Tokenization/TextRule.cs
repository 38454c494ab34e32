namespace StateSpace.Models.Tokenization;

/// <summary>Matches a fixed text.</summary>
/// <param name="pattern">The text; not empty.</param>
/// <param name="behavior">What becomes of it.</param>
/// <param name="inverts">Whether what is between counts as matched.</param>
internal sealed class TextRule(string pattern, SplitBehavior behavior, bool inverts) : SplitRule(behavior, inverts)
{
    protected override void Match(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        for (var done = 0; text[done..].IndexOf(pattern, StringComparison.Ordinal) is var found and >= 0; done += found + pattern.Length)
        {
            matches.Add((done + found, done + found + pattern.Length));
        }
    }
}
