using System.Text;

namespace StateSpace.Models.Tokenization;

/// <summary>
/// Unicode Normalization Form C (Unicode Standard Annex 15): é typed as e and an accent becomes the one character é. .NET leaves this to the
/// ICU library, which this program does without so that nothing must be installed; there <see cref="string.Normalize()"/> changes nothing.
/// </summary>
internal static class CanonicalComposition
{
    private const char LastStable = '\u02FF';

    /// <summary>The text in Normalization Form C, or null where nothing in it can change. Unpaired surrogates stay.</summary>
    public static string? Apply(ReadOnlySpan<char> text)
    {
        var i = text.IndexOfAnyExceptInRange('\0', LastStable);
        if (i < 0) return null;

        // A change reaches from the last character that nothing can change up to the next one.
        StringBuilder? output = null;
        var (copied, segment) = (0, Math.Max(0, i - 1));
        while (i < text.Length)
        {
            var (codePoint, length) = Read(text, i);
            if (!CanonicalData.Instance.IsUnstable(codePoint))
            {
                segment = i;
                i += length;
                continue;
            }

            for (i += length; i < text.Length; i += length)
            {
                (codePoint, length) = Read(text, i);
                if (!CanonicalData.Instance.IsUnstable(codePoint)) break;
            }

            output ??= new(text.Length);
            output.Append(text[copied..segment]);
            Compose(text[segment..i], output);
            copied = segment = i;
        }

        return output?.Append(text[copied..]).ToString();
    }

    private static (int CodePoint, int Length) Read(ReadOnlySpan<char> text, int position) =>
        char.IsHighSurrogate(text[position]) && position + 1 < text.Length && char.IsLowSurrogate(text[position + 1])
            ? (char.ConvertToUtf32(text[position], text[position + 1]), 2)
            : (text[position], 1);

    private static void Compose(ReadOnlySpan<char> segment, StringBuilder output)
    {
        var data = CanonicalData.Instance;
        var points = new List<int>(segment.Length * 2);
        for (var i = 0; i < segment.Length;)
        {
            var (codePoint, length) = Read(segment, i);
            data.Decompose(codePoint, points);
            i += length;
        }

        SortMarks(points);

        // A mark joins the last character that is none, unless a mark of its own class or a later one lies between.
        var (count, starter, between) = (0, -1, -1);
        for (var i = 0; i < points.Count; i++)
        {
            var codePoint = points[i];
            var mark = data.Class(codePoint);
            if (starter >= 0 && between < mark && data.TryCompose(points[starter], codePoint, out var composed))
            {
                points[starter] = composed;
                continue;
            }

            if (mark == 0) (starter, between) = (count, -1);
            else between = mark;
            points[count++] = codePoint;
        }

        for (var i = 0; i < count; i++)
        {
            if (points[i] <= char.MaxValue) output.Append((char)points[i]);
            else output.Append(char.ConvertFromUtf32(points[i]));
        }
    }

    /// <summary>Brings the marks behind each character into the order of their classes; marks of one class keep theirs.</summary>
    private static void SortMarks(List<int> points)
    {
        var data = CanonicalData.Instance;
        for (var start = 0; start < points.Count; start++)
        {
            if (data.Class(points[start]) == 0) continue;
            var end = start + 1;
            var isSorted = true;
            for (; end < points.Count && data.Class(points[end]) != 0; end++) isSorted &= data.Class(points[end - 1]) <= data.Class(points[end]);
            if (!isSorted)
            {
                var sorted = points.GetRange(start, end - start).OrderBy(data.Class).ToList();
                for (var i = 0; i < sorted.Count; i++) points[start + i] = sorted[i];
            }

            start = end;
        }
    }
}
