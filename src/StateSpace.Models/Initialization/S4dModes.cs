using System.Numerics;
using StateSpace.Models.Layers;

namespace StateSpace.Models.Initialization;

/// <summary>A and B of one channel at the start of training (Gu et al., 2022, arXiv 2206.11893, sec. 4.1 and 4.2).</summary>
internal static class S4dModes
{
    private const double LargestImaginaryInput = 2;

    /// <summary>The modes: N/2 where complex, one of each conjugate pair, or N where real.</summary>
    /// <param name="kind">Initialization.</param>
    /// <param name="states">N.</param>
    public static (Complex A, Complex B)[] Of(S4dInitialization kind, int states) => kind switch
    {
        S4dInitialization.Lin => [.. Pairs(states).Select(n => (new Complex(-0.5, Math.PI * n), Complex.One))],
        S4dInitialization.Inv => [.. Pairs(states).Select(n => (new Complex(-0.5, states / Math.PI * ((states / ((2.0 * n) + 1)) - 1)), Complex.One))],

        // The S4 code base clips the imaginary part of B so.
        S4dInitialization.LegS => [.. LegendreModes.Of(states).Select(mode => (
            new Complex(-0.5, mode.Frequency),
            new Complex(mode.Re, Math.Clamp(mode.Im, -LargestImaginaryInput, LargestImaginaryInput))))],
        S4dInitialization.Real => [.. Enumerable.Range(0, states).Select(n => (new Complex(-(n + 1), 0), Complex.One))],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such initialization"),
    };

    private static IEnumerable<int> Pairs(int states) => Enumerable.Range(0, states / 2);
}
