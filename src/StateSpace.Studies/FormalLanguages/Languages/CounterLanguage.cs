namespace StateSpace.Studies.FormalLanguages;

/// <summary>A language by counters: each symbol adds to them, and their values and the last symbol say what may follow.</summary>
/// <param name="name">Name on the command line.</param>
/// <param name="definition">Its words, in a line.</param>
/// <param name="alphabet">One character a symbol.</param>
/// <param name="initial">The counters before the first symbol.</param>
/// <param name="steps">What a symbol adds, by symbol and counter, (symbols, counters).</param>
/// <param name="following">What may follow, from the counters and the last symbol (−1 before the first); takes prefixes of members only.</param>
public sealed class CounterLanguage(
    string name, string definition, string alphabet, IReadOnlyList<int> initial, int[,] steps, Func<IReadOnlyList<int>, int, NextSymbols> following)
    : FormalLanguage(name, definition, LanguageClass.Counter, alphabet)
{
    /// <summary>The counters before the first symbol.</summary>
    public IReadOnlyList<int> Initial { get; } = initial;

    /// <summary>What a symbol adds to a counter.</summary>
    public int Step(int symbol, int counter) => steps[symbol, counter];

    /// <summary>What may follow a prefix of a member.</summary>
    /// <param name="counters">Values of the counters.</param>
    /// <param name="last">Index of the last symbol, −1 before the first.</param>
    public NextSymbols Following(IReadOnlyList<int> counters, int last) => following(counters, last);

    /// <inheritdoc/>
    public override LanguageReader Read() => new Reader(this);

    /// <summary>The counters of a reader of such a language.</summary>
    internal static IReadOnlyList<int> CountersOf(LanguageReader reader) => ((Reader)reader).Counters;

    private sealed class Reader(CounterLanguage language) : LanguageReader
    {
        public int[] Counters { get; private set; } = [.. language.Initial];

        protected override NextSymbols Following => language.Following(Counters, Last);

        public override LanguageReader Copy()
        {
            var copy = (Reader)base.Copy();
            copy.Counters = [.. Counters];
            return copy;
        }

        protected override void Step(int symbol)
        {
            for (var i = 0; i < Counters.Length; i++) Counters[i] = checked(Counters[i] + language.Step(symbol, i));
        }
    }
}
