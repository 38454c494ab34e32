using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Random stable systems for the checks.</summary>
internal static class RandomSystems
{
    /// <summary>Eigenvalues uniform on [−radius, radius], weights uniform on [−1, 1].</summary>
    public static RealRealization Real(int n, double radius, CounterRandom random)
    {
        double[] Draw(double limit) => [.. Enumerable.Range(0, n).Select(_ => random.Uniform(-limit, limit))];
        return new([.. Draw(radius)], [.. Draw(1)], [.. Draw(1)]);
    }

    /// <summary>Eigenvalues of magnitude uniform on [0, radius] and uniform angle, weights uniform on the square of half-width 1.</summary>
    public static ComplexRealization Complex(int n, double radius, CounterRandom random)
    {
        Complex[] Weights() => [.. Enumerable.Range(0, n).Select(_ => new Complex(random.Uniform(-1, 1), random.Uniform(-1, 1)))];
        var a = Enumerable.Range(0, n).Select(
            _ => System.Numerics.Complex.FromPolarCoordinates(random.Uniform(0, radius), random.Uniform(0, 2 * Math.PI)));
        return new([.. a], [.. Weights()], [.. Weights()]);
    }
}
