namespace StateSpace.Studies.FormalLanguages;

/// <summary>A regular language by its minimal automaton.</summary>
/// <param name="name">Name on the command line.</param>
/// <param name="definition">Its words, in a line.</param>
/// <param name="languageClass">Whether it is star-free.</param>
/// <param name="automaton">Any complete automaton of it; the minimal one is kept.</param>
public sealed class RegularLanguage(string name, string definition, LanguageClass languageClass, FiniteAutomaton automaton)
    : FormalLanguage(name, definition, languageClass, automaton.Alphabet)
{
    /// <summary>The minimal complete automaton; its dead state, where it has one, included.</summary>
    public FiniteAutomaton Automaton { get; } = automaton.Minimize();

    /// <summary>The groups in its transition monoid, such as <c>C2</c>; empty where it is star-free.</summary>
    public string Group { get; init; } = "";

    /// <inheritdoc/>
    public override LanguageReader Read() => new Reader(Automaton);

    /// <summary>The state of a reader of this language.</summary>
    internal static int StateOf(LanguageReader reader) => ((Reader)reader).State;

    private sealed class Reader(FiniteAutomaton automaton) : LanguageReader
    {
        public int State { get; private set; } = automaton.Start;

        protected override NextSymbols Following => automaton.After(State);

        protected override void Step(int symbol) => State = automaton.Next(State, symbol);
    }
}
