using StateSpace.Studies.ComplexVersusReal.Trainer;

namespace StateSpace.Studies.Tests.ComplexVersusReal.Trainer;

/// <summary>Models with parameters of order one, unlike the tiny B and C at the start of training.</summary>
internal static class RandomModels
{
    public static SsmParameters Create(StateField field, int n, int seed)
    {
        var random = new Random(seed);
        var complex = field == StateField.Complex;
        var scale = 1 / Math.Sqrt(n);
        return new(
            field,
            Fill(() => (4 * random.NextDouble()) - 4),
            complex ? Fill(() => 2 * Math.PI * random.NextDouble()) : [],
            Fill(Coefficient),
            complex ? Fill(Coefficient) : [],
            Fill(Coefficient),
            complex ? Fill(Coefficient) : [],
            complex ? [] : Fill(() => random.Next(2) == 0 ? 1 : -1));

        double Coefficient() => ((2 * random.NextDouble()) - 1) * Math.Sqrt(scale);
        double[] Fill(Func<double> value) => [.. Enumerable.Range(0, n).Select(_ => (double)(float)value())];
    }
}
