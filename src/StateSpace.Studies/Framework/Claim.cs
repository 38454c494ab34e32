namespace StateSpace.Studies;

/// <summary>
/// A statement that a study checked. The verdict is computed from the measured value by the factories below, never given.
/// </summary>
/// <param name="Id">Short stable name, unique in its study, such as <c>bound.copy.exact.t32</c>.</param>
/// <param name="Statement">What is claimed, in words.</param>
/// <param name="Source">Where it is claimed: paper and equation, or "own analysis" with the argument's place.</param>
/// <param name="Expected">The expected value or range, as a reader would write it.</param>
/// <param name="Measured">What was found.</param>
/// <param name="Holds">Whether the measured value lies in the expected range.</param>
public sealed record Claim(string Id, string Statement, string Source, string Expected, Cell Measured, bool Holds)
{
    /// <summary>Holds where |measured − expected| ≤ tolerance.</summary>
    public static Claim Near(string id, string statement, string source, double expected, double tolerance, double measured) =>
        new(id, statement, source, $"{((Cell)expected).Format(12)} ± {((Cell)tolerance).Format(3)}", measured, Math.Abs(measured - expected) <= tolerance);

    /// <summary>Holds where measured ≤ limit.</summary>
    public static Claim AtMost(string id, string statement, string source, double limit, double measured) =>
        new(id, statement, source, $"≤ {((Cell)limit).Format(12)}", measured, measured <= limit);

    /// <summary>Holds where measured ≥ limit.</summary>
    public static Claim AtLeast(string id, string statement, string source, double limit, double measured) =>
        new(id, statement, source, $"≥ {((Cell)limit).Format(12)}", measured, measured >= limit);

    /// <summary>Holds where low ≤ measured ≤ high.</summary>
    public static Claim Between(string id, string statement, string source, double low, double high, double measured) =>
        new(id, statement, source, $"{((Cell)low).Format(12)} … {((Cell)high).Format(12)}", measured, measured >= low && measured <= high);

    /// <summary>Holds where the two texts (exact integers, names) are the same.</summary>
    public static Claim Exactly(string id, string statement, string source, string expected, string measured) =>
        new(id, statement, source, expected, measured, string.Equals(expected, measured, StringComparison.Ordinal));
}
