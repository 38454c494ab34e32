namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// The baseline without a state: the class that was most frequent in training behind the same last k symbols (fewer at the beginning of a word, which
/// counts as a context of its own). A context that training did not have is answered wrongly.
/// </summary>
public sealed class WindowLookup
{
    private readonly int _k;
    private readonly Dictionary<string, string> _answers;

    /// <summary>Counts the classes of the training words.</summary>
    /// <param name="training">Words and classes.</param>
    /// <param name="k">Symbols seen, the current one included; at least 1.</param>
    public WindowLookup(IEnumerable<LabelledWord> training, int k)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        _k = k;
        Dictionary<string, Dictionary<string, int>> counts = new(StringComparer.Ordinal);
        var places = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (word, labels) in training)
        {
            var padded = Pad(word);
            for (var i = 0; i < word.Length; i++)
            {
                var context = padded.AsSpan(i + 1, k);
                if (!places.TryGetValue(context, out var classes)) places[context] = classes = new(StringComparer.Ordinal);
                classes[labels[i]] = classes.GetValueOrDefault(labels[i]) + 1;
            }
        }

        // Of classes that are equally frequent the one seen first.
        _answers = counts.ToDictionary(pair => pair.Key, pair => pair.Value.MaxBy(count => count.Value).Key, StringComparer.Ordinal);
    }

    /// <summary>Share of the words, in percent, of which every position is answered rightly.</summary>
    public double StrictAccuracy(IReadOnlyList<LabelledWord> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return 100.0 * words.Count(IsRight) / words.Count;
    }

    private bool IsRight(LabelledWord word)
    {
        var padded = Pad(word.Word);
        var answers = _answers.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var i = 0; i < word.Word.Length; i++)
        {
            if (!answers.TryGetValue(padded.AsSpan(i + 1, _k), out var answer) || answer != word.Labels[i]) return false;
        }

        return true;
    }

    private string Pad(string word) => new string('\0', _k) + word;
}
