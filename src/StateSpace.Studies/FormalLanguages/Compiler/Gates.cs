namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>What the gates A of a compiled network may be; each kind allows the ones before it.</summary>
public enum Gates
{
    /// <summary>Real numbers of [0, 1]: star-free languages (Sarrof et al., 2024, thm. 4).</summary>
    Nonnegative,

    /// <summary>Real numbers of [−1, 1]: also groups C2 and their products.</summary>
    Signed,

    /// <summary>Complex numbers of the unit disc: also other abelian groups.</summary>
    Complex,
}
