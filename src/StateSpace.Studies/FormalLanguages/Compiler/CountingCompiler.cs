using System.Globalization;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Networks with counters, h ← h + b with gates of 1: languages that no finite automaton recognizes, and bounded brackets in two or three layers.</summary>
public sealed class CountingCompiler
{
    private CountingCompiler(Construction construction) => Construction = construction;

    /// <summary>What the network takes.</summary>
    public CountingCertificate Certificate => new(
        Construction.Language.Alphabet, Construction.Layout.Layers.Count, Construction.Layout.Cells, Construction.Layout.Gates, Construction.Recognizes);

    internal Construction Construction { get; }

    /// <summary>The network of a language.</summary>
    /// <param name="name">A counter language of the suite, d-N or dyck-K-H.</param>
    /// <exception cref="StudyInputException">There is none with counters.</exception>
    public static CountingCompiler Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var parts = name.Split('-');
        if (parts is ["dyck", var kinds, var depth] && Number(kinds) is >= 1 and <= 8 and var k && Number(depth) is >= 1 and <= 62 and var h) return new(BracketConstructions.Recognizer(k, h));
        if (parts is ["d", var most] && Number(most) is >= 1 and <= 62 and var n) return new(ConstructionCatalog.BoundedDepth(n));
        return LanguageCatalog.Find(name) is CounterLanguage ? new(ConstructionCatalog.Counter(name)) : throw new StudyInputException($"{name} has no counters; leave out --counters");
    }

    /// <summary>The network, and what compares it with the language.</summary>
    public ComputedNetwork Network() => new(Construction.Language, Construction.Layout, Construction.Recognizes, Certificate.FractionalBits, CompiledFolder.ToJson(Certificate));

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>What a network with counters takes.</summary>
/// <param name="Alphabet">One character a symbol.</param>
/// <param name="Layers">Layers.</param>
/// <param name="Channels">Cells of all layers.</param>
/// <param name="Gates">Their gates.</param>
/// <param name="Recognizes">Whether words that no member begins with are told; otherwise nothing is promised behind them.</param>
public sealed record CountingCertificate(string Alphabet, int Layers, int Channels, Gates Gates, bool Recognizes)
{
    /// <summary>Binary digits behind the point that are enough; before it as many as the counters need.</summary>
    public int FractionalBits => 1;
}
