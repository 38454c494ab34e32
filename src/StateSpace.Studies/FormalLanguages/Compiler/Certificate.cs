namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>One level of a compiled automaton.</summary>
/// <param name="States">Number of its states.</param>
/// <param name="Channels">State channels of the network that hold them.</param>
/// <param name="Layers">Layers of the network that it becomes: two where a group acts and the level is also set.</param>
/// <param name="Rules">Lines of its table.</param>
/// <param name="Sets">Lines that set it.</param>
/// <param name="Group">Name of the group that permutes its states; empty where there is none.</param>
/// <param name="Witness">A permutation of that group as cycles.</param>
public sealed record LevelCertificate(int States, int Channels, int Layers, int Rules, int Sets, string Group, string Witness);

/// <summary>What a regular language takes as a network of diagonal recurrences, or why it is refused.</summary>
/// <param name="Alphabet">One character a symbol.</param>
/// <param name="States">States of the minimal complete automaton.</param>
/// <param name="LiveStates">Those from which a word can be completed.</param>
/// <param name="Monoid">Elements of the transition monoid.</param>
/// <param name="Period">Largest period of an element; 1 where the language is star-free.</param>
/// <param name="PeriodicWord">A shortest word of that period; empty where it is 1.</param>
/// <param name="Gates">What gates were allowed.</param>
/// <param name="Levels">The levels of the decomposition, from the first.</param>
/// <param name="FractionalBits">Binary digits behind the point that the cells need.</param>
/// <param name="Refusal">Why there is no network, naming the group; null where there is one.</param>
public sealed record Certificate(
    string Alphabet,
    int States,
    int LiveStates,
    int Monoid,
    int Period,
    string PeriodicWord,
    Gates Gates,
    IReadOnlyList<LevelCertificate> Levels,
    int FractionalBits,
    string? Refusal)
{
    /// <summary>Whether the monoid has no group.</summary>
    public bool IsStarFree => Period == 1;

    /// <summary>State channels of the network.</summary>
    public int Channels => Levels.Sum(level => level.Channels);

    /// <summary>Layers of the network.</summary>
    public int Layers => Levels.Sum(level => level.Layers);
}
