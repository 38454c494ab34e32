namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The paper's two deterministic mappings with reference figures for their bounds.</summary>
internal static class Mappings
{
    public static MappingBounds Copy { get; } = new(
        "copy",
        "Copying: a delay by half the horizon",
        [
            "A real diagonal system of any dimension that delays its input by ⌊(t−1)/2⌋ steps needs weights Σ|C_j B_j| of at least the "
            + "coefficient "
            + "of a Chebyshev polynomial, which grows as 2.4^t. The value is exact: it is attained in the limit by a real system whose "
            + "eigenvalues lie at the "
            + "extrema of that polynomial.",
            "At t = 32 Corollary 1 asks for n max|C_j B_j| ≥ 362 only, which a system of 1024 states meets with weights of 0.35. The "
            + "printed constant "
            + "alone therefore does not explain why such a system fails to learn the mapping; the exact value, 1.08e10, does.",
        ],
        Sources.CorollaryOne,
        9,
        TargetResponses.Copy,
        PrintedBounds.CorollaryOneEpsilon,
        PrintedBounds.CorollaryOne,
        t => ClosedFormMinimum.Delay(t, TargetResponses.CopyDelay(t)),
        [
            new(9, "0.236", "29.3", "27.3", "160", "149.3"),
            new(12, "0.577", "54.8", "95.0", "1232", "1130"),
            new(16, "2", "256", "613", "28800", "2.592e4"),
            new(20, "7.16", "1115", "4779", "695552", "6.194e5"),
            new(24, "26.1", "5496", "3.33e4", "17145856", "1.495e7"),
            new(32, "362", "1.226e5", "1.871e6", "10827497472", "8.96e9"),
            new(48, "7.57e4", "6.26e7", "6.32e9", "4699925501706240", null),
            new(64, "1.68e7", "3.10e10", "2.24e13", "2.16356e21", null),
        ]);

    public static MappingBounds Oscillation { get; } = new(
        "oscillation",
        "Oscillation: one complex eigenvalue",
        [
            "The response 1, 0, −1, 0, … is one complex eigenvalue near i. A real system needs Σ|C_j B_j| ≥ ((1+√2)^n + (1+√2)^−n)/2, n "
            + "the largest even number "
            + "below t. (The response 1, −1, 1, … has no such bound: one real eigenvalue near −1 gives it.)",
        ],
        Sources.CorollaryThree,
        8,
        TargetResponses.Oscillation,
        _ => 0.5,
        PrintedBounds.CorollaryThree,
        ClosedFormMinimum.Oscillation,
        [
            new(8, "4", "32", "20.25", "99", "75"),
            new(12, "32", "256", "188.1", "3363", "2723"),
            new(16, "256", "2048", "1779", "114243", "9.453e4"),
            new(20, "2048", "1.638e4", "1.661e4", "3880899", "3.322e6"),
            new(24, "1.638e4", "1.311e5", "1.495e5", "131836323", "1.135e8"),
            new(32, "1.049e6", "8.389e6", "1.258e7", "152139002499", "1.341e11"),
            new(48, "4.29e9", "3.44e10", "8.40e10", "202605639573839043", null),
            new(64, "1.76e13", "1.41e14", "5.61e14", "2.69813e23", null),
        ]);
}
