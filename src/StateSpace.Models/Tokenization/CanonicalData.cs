using System.Globalization;

namespace StateSpace.Models.Tokenization;

/// <summary>Combining classes, canonical decompositions and compositions, read once from <c>CanonicalDecompositions.txt</c>.</summary>
internal sealed class CanonicalData
{
    private const string Resource = "CanonicalDecompositions.txt";

    // Syllables of leading consonant, vowel and trailing consonant are counted through (The Unicode Standard, section 3.12).
    private const int FirstSyllable = 0xAC00, FirstLeading = 0x1100, FirstVowel = 0x1161, BeforeTrailing = 0x11A7;
    private const int Leadings = 19, Vowels = 21, Trailings = 28, Syllables = Leadings * Vowels * Trailings;

    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, (int First, int Second)> _decompositions = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly HashSet<int> _unstable = [];

    private CanonicalData()
    {
        using var reader = new StreamReader(typeof(CanonicalData).Assembly.GetManifestResourceStream(Resource)!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            foreach (var item in line.Split(' ')) Add(item);
        }

        // What may change: marks, what only decomposes, and what composes with the character before it.
        _unstable.UnionWith(_classes.Keys);
        _unstable.UnionWith(_compositions.Keys.Select(pair => pair.Second));
        _unstable.UnionWith(_decompositions.Keys.Except(_compositions.Values));
        _unstable.UnionWith(Enumerable.Range(FirstVowel, Vowels));
        _unstable.UnionWith(Enumerable.Range(BeforeTrailing + 1, Trailings - 1));
    }

    public static CanonicalData Instance { get; } = new();

    /// <summary>Place of a mark among the marks behind a character; 0 for every other character.</summary>
    public int Class(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>Whether Normalization Form C may change the character, or the character before it by composing with it.</summary>
    public bool IsUnstable(int codePoint) => _unstable.Contains(codePoint);

    /// <summary>Appends the full decomposition, or the character itself where it has none.</summary>
    public void Decompose(int codePoint, List<int> target)
    {
        if ((uint)(codePoint - FirstSyllable) < Syllables)
        {
            var syllable = codePoint - FirstSyllable;
            target.Add(FirstLeading + (syllable / (Vowels * Trailings)));
            target.Add(FirstVowel + (syllable / Trailings % Vowels));
            if (syllable % Trailings > 0) target.Add(BeforeTrailing + (syllable % Trailings));
        }
        else if (_decompositions.TryGetValue(codePoint, out var parts))
        {
            Decompose(parts.First, target);
            if (parts.Second != 0) Decompose(parts.Second, target);
        }
        else
        {
            target.Add(codePoint);
        }
    }

    /// <summary>The character that two compose to.</summary>
    public bool TryCompose(int first, int second, out int composed)
    {
        if ((uint)(first - FirstLeading) < Leadings && (uint)(second - FirstVowel) < Vowels)
        {
            composed = FirstSyllable + ((((first - FirstLeading) * Vowels) + second - FirstVowel) * Trailings);
            return true;
        }

        var (syllable, trailing) = ((uint)(first - FirstSyllable), (uint)(second - BeforeTrailing));
        if (syllable < Syllables && syllable % Trailings == 0 && trailing - 1 < Trailings - 1)
        {
            composed = first + (int)trailing;
            return true;
        }

        return _compositions.TryGetValue((first, second), out composed);
    }

    private void Add(string item)
    {
        var sign = item.AsSpan().IndexOfAny(":=>");
        var (left, right) = (item[..sign], item[(sign + 1)..]);
        if (item[sign] == ':')
        {
            var range = left.Split('-');
            for (var codePoint = Number(range[0]); codePoint <= Number(range[^1]); codePoint++) _classes[codePoint] = byte.Parse(right, CultureInfo.InvariantCulture);
            return;
        }

        var parts = right.Split('+');
        var pair = (Number(parts[0]), parts.Length > 1 ? Number(parts[1]) : 0);
        _decompositions[Number(left)] = pair;
        if (item[sign] == '=') _compositions[pair] = Number(left);
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
