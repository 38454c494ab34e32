namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The impulse responses of the paper's three mappings (section 3.3), counted from 0.</summary>
internal static class TargetResponses
{
    /// <summary>The copy mapping's delay, ⌊(t−1)/2⌋ (Corollary 1).</summary>
    public static int CopyDelay(int t) => (t - 1) / 2;

    /// <summary>Delay by <paramref name="delay"/> steps: 1 at that place, else 0.</summary>
    public static double[] Delay(int t, int delay)
    {
        var response = new double[t];
        response[delay] = 1;
        return response;
    }

    /// <summary>The copy mapping's response: a delay by ⌊(t−1)/2⌋.</summary>
    public static double[] Copy(int t) => Delay(t, CopyDelay(t));

    /// <summary>1, 0, −1, 0, 1, … = Re(i^k) (Corollary 3).</summary>
    public static double[] Oscillation(int t) => [.. Enumerable.Range(0, t).Select(k => k % 2 == 1 ? 0.0 : 1 - (k % 4))];

    /// <summary>Independent draws from U[−α, α] (Corollary 2).</summary>
    public static double[] Random(int t, double alpha, CounterRandom random) =>
        [.. Enumerable.Range(0, t).Select(_ => random.Uniform(-alpha, alpha))];
}
