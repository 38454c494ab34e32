namespace StateSpace.Studies.FormalLanguages;

/// <summary>A language with an oracle: what may follow each prefix.</summary>
/// <param name="name">Name on the command line, such as <c>tomita-4</c>.</param>
/// <param name="definition">Its words, in a line.</param>
/// <param name="languageClass">What it takes to recognize it.</param>
/// <param name="alphabet">One character a symbol.</param>
public abstract class FormalLanguage(string name, string definition, LanguageClass languageClass, string alphabet)
{
    /// <summary>Name on the command line, such as <c>tomita-4</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Its words, in a line.</summary>
    public string Definition { get; } = definition;

    /// <summary>What it takes to recognize it.</summary>
    public LanguageClass Class { get; } = languageClass;

    /// <summary>One character a symbol, at most 64.</summary>
    public string Alphabet { get; } = alphabet;

    /// <summary>
    /// The class that the published task predicts at each position, from the reader behind the symbol; the published files agree with it except for the
    /// quirks that <see cref="PublishedLabel"/> keeps.
    /// </summary>
    public Func<LanguageReader, string> Label { get; init; } = reader => reader.Next.End ? "1" : "0";

    /// <summary>The class as the published files have it, errors included; null where it is <see cref="Label"/>.</summary>
    public Func<LanguageReader, string>? PublishedLabel { get; init; }

    /// <summary>Digits or letters of a published label in a line of the files.</summary>
    public int LabelLength { get; init; } = 1;

    /// <summary>A reader before the first symbol.</summary>
    public abstract LanguageReader Read();

    /// <summary>Whether the word is in the language; symbols outside the alphabet make it none.</summary>
    public bool Contains(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        var reader = Read();
        foreach (var symbol in word)
        {
            var index = Alphabet.IndexOf(symbol, StringComparison.Ordinal);
            if (index < 0) return false;
            reader.Advance(index);
            if (!reader.IsAlive) return false;
        }

        return reader.Next.End;
    }

    /// <summary>The class of each position of a word.</summary>
    /// <param name="word">A prefix of a member.</param>
    /// <param name="published">With the errors of the published files.</param>
    /// <exception cref="ArgumentException">The word is no prefix of a member.</exception>
    public IReadOnlyList<string> Labels(string word, bool published = false)
    {
        ArgumentNullException.ThrowIfNull(word);
        var (reader, label) = (Read(), published ? PublishedLabel ?? Label : Label);
        var labels = new string[word.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            reader.Advance(Alphabet.IndexOf(word[i], StringComparison.Ordinal));
            if (!reader.IsAlive) throw new ArgumentException($"no word of {Name} begins with its first {i + 1} symbols of '{word}'", nameof(word));
            labels[i] = label(reader);
        }

        return labels;
    }
}

/// <summary>What it takes to recognize a language.</summary>
public enum LanguageClass
{
    /// <summary>Regular, and without counting modulo anything: the transition monoid has no group.</summary>
    StarFree,

    /// <summary>Regular, but not star-free.</summary>
    Regular,

    /// <summary>Counters without bound.</summary>
    Counter,
}

/// <summary>Reads a word symbol by symbol and says what may follow.</summary>
public abstract class LanguageReader
{
    /// <summary>Index of the last symbol in the alphabet, −1 before the first.</summary>
    public int Last { get; private set; } = -1;

    /// <summary>Whether some member begins with what was read.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>What may follow; <see cref="NextSymbols.None"/> where nothing can complete the word.</summary>
    public NextSymbols Next => IsAlive ? Following : NextSymbols.None;

    /// <summary>What may follow a prefix of a member.</summary>
    protected abstract NextSymbols Following { get; }

    /// <summary>Reads the symbol with this index in the alphabet; any other index, such as −1, ends the hope of a member.</summary>
    public void Advance(int symbol)
    {
        IsAlive = IsAlive && symbol >= 0 && Following.Has(symbol);
        Last = symbol;
        if (IsAlive) Step(symbol);
    }

    /// <summary>A reader that stands where this one does and goes on by itself.</summary>
    public virtual LanguageReader Copy() => (LanguageReader)MemberwiseClone();

    /// <summary>Changes the state for a symbol that may follow.</summary>
    protected abstract void Step(int symbol);
}
