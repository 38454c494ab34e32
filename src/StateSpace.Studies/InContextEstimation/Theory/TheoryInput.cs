namespace StateSpace.Studies.InContextEstimation;

/// <summary>The ranges of the numbers that all closed forms share.</summary>
internal static class TheoryInput
{
    public static int RequireDimension(int dimension) =>
        dimension >= 1 ? dimension : throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "at least one feature is needed");

    public static int RequireExamples(int examples) =>
        examples >= 0 ? examples : throw new ArgumentOutOfRangeException(nameof(examples), examples, "a number of examples is not negative");

    public static double RequireNoise(double noise) =>
        noise >= 0 && double.IsFinite(noise) ? noise : throw new ArgumentOutOfRangeException(nameof(noise), noise, "a variance is finite and not negative");

    public static double RequireAlignment(double alignment) =>
        alignment is >= 0 and <= 1 ? alignment : throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "an alignment is 0 to 1");
}
