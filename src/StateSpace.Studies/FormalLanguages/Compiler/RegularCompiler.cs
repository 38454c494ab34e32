using StateSpace.Models;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>From a regular language to what it takes, and to a network.</summary>
public sealed class RegularCompiler
{
    // With 3 binary digits, multiplying by 1/4 and rounding leaves the zones of a history cell apart (the specification's sec. 1.5, machine-checked).
    private const int HistoryBits = 3;

    private RegularCompiler(Cascade cascade, Certificate certificate) => (Cascade, Certificate) = (cascade, certificate);

    /// <summary>What the language takes.</summary>
    public Certificate Certificate { get; }

    /// <summary>The minimal automaton.</summary>
    public FiniteAutomaton Automaton => Cascade.Automaton;

    internal Cascade Cascade { get; }

    /// <summary>Decomposes a regular expression's language.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="alphabet">Symbols of the language; those that the expression names where null.</param>
    /// <param name="gates">What gates are allowed.</param>
    /// <param name="monoidLimit">Most elements of the transition monoid.</param>
    /// <exception cref="StudyInputException">The expression is malformed, or the language too large.</exception>
    public static RegularCompiler OfExpression(string expression, string? alphabet = null, Gates gates = Gates.Nonnegative, int monoidLimit = TransitionMonoid.DefaultLimit) =>
        Of(RegularExpression.Compile(expression, alphabet), gates, monoidLimit);

    /// <summary>Decomposes the language of a formula of past linear temporal logic.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="alphabet">Symbols of the language; those that the formula names where null.</param>
    /// <param name="gates">What gates are allowed.</param>
    /// <param name="monoidLimit">Most elements of the transition monoid.</param>
    /// <exception cref="StudyInputException">The formula is malformed, or the language too large.</exception>
    public static RegularCompiler OfFormula(string formula, string? alphabet = null, Gates gates = Gates.Nonnegative, int monoidLimit = TransitionMonoid.DefaultLimit) =>
        Of(PastTemporalLogic.Compile(formula, alphabet), gates, monoidLimit);

    /// <summary>Decomposes the language of an automaton in a JSON file.</summary>
    /// <exception cref="StudyInputException">The file cannot be read, its automaton is not deterministic, not complete or empty, or the language is too large.</exception>
    public static RegularCompiler OfFile(string path, Gates gates = Gates.Nonnegative, int monoidLimit = TransitionMonoid.DefaultLimit) =>
        Of(AutomatonFile.Read(path), gates, monoidLimit);

    /// <summary>Decomposes the language of an automaton.</summary>
    /// <exception cref="StudyInputException">The language is empty or too large.</exception>
    public static RegularCompiler Of(FiniteAutomaton automaton, Gates gates = Gates.Nonnegative, int monoidLimit = TransitionMonoid.DefaultLimit)
    {
        ArgumentNullException.ThrowIfNull(automaton);
        automaton = automaton.Minimize();
        if (automaton.LiveCount == 0) throw new StudyInputException("the automaton is empty: no accepting state can be reached, so that no word is in the language");
        var monoid = TransitionMonoid.Of(automaton, monoidLimit);
        var cascade = new Cascade(automaton);
        List<LevelCertificate> levels = [.. cascade.Levels.Select(Describe)];
        return new(cascade, new(
            automaton.Alphabet,
            automaton.StateCount,
            automaton.LiveCount,
            monoid.Size,
            monoid.Period,
            monoid.Witness,
            gates,
            levels,
            IsExact(cascade) ? levels.Sum(level => level.Layers) > 1 ? HistoryBits : 1 : null,
            Refusal(cascade, gates)));
    }

    /// <summary>The network, and what compares it with the automaton.</summary>
    /// <exception cref="StudyInputException">There is none, because of a group that the message names.</exception>
    public ComputedNetwork Network()
    {
        if (Certificate.Refusal is { } reason) throw new StudyInputException(reason);
        RegularLanguage language = new("automaton", "", LanguageClass.Regular, Automaton);
        return new(language, Layout(), recognizes: true, Certificate.FractionalBits, CompiledFolder.ToJson(Certificate));
    }

    /// <summary>
    /// The model: token i is letter i of the alphabet, the last token ends a text and begins another. Its logits are above 0 for what may follow, and
    /// greedy choices complete a word in as few letters as possible.
    /// </summary>
    /// <exception cref="StudyInputException">There is none, because of a group that the message names, or it would be too large.</exception>
    public SequenceModel Build() => Network().Build();

    /// <summary>The network as cells and tables.</summary>
    internal CompiledLayout Layout() => LayoutPlanner.Plan(Cascade);

    /// <summary>Whether all gates are binary fractions: ±1 and ±i where a group turns.</summary>
    private static bool IsExact(Cascade cascade) =>
        cascade.Levels.All(level => level.Group is not { IsAbelian: true } group || group.Basis().TrueForAll(factor => factor.Order is 2 or 4));

    private static LevelCertificate Describe(CascadeLevel level)
    {
        var sets = level.Rules.Count(rule => rule.Action == CellAction.Set);
        if (level.Group is not { } group) return new(level.States, level.Bits, 1, level.Rules.Count, sets, "", "");
        var factors = group.IsAbelian ? group.Basis().Count : 1;
        return new(
            level.States,
            factors + (sets > 0 ? level.Bits : 0),
            sets > 0 ? 2 : 1,
            level.Rules.Count,
            sets,
            group.Name(),
            PermutationGroup.Cycles(level.Permutations.First()));
    }

    private static string? Refusal(Cascade cascade, Gates gates)
    {
        for (var i = 0; i < cascade.Levels.Count; i++)
        {
            if (cascade.Levels[i].Group is not { } group) continue;
            var where = $"the group {group.Name()} acts on level {i + 1} of {cascade.Levels.Count}";
            if (!group.IsAbelian) return $"{where}, and it is not abelian: gates that are numbers commute";
            var needed = group.Basis().TrueForAll(factor => factor.Order == 2) ? Gates.Signed : Gates.Complex;
            if (gates < needed) return $"{where}, which {gates.ToString().ToLowerInvariant()} gates cannot follow; --gates {needed.ToString().ToLowerInvariant()} can";
        }

        return null;
    }
}
