using System.Collections.Immutable;
using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// Proposition 5: how often a system still approximates its response when every entry is multiplied by U[1 − q/2, 1 + q/2].
/// </summary>
internal sealed class QuantizationPart() : SingleJobPart<QuantizationPart.Outcome>(
    "constructions.quantization", "Robustness to quantization", (0.1, 0.4, 2))
{
    private const int Horizon = 16;
    private const string Interpolation = "real interpolation, t = 16";
    private const string Single = "one real state, t = 1";
    private const string Fourier = "complex Fourier, t = 16";

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var trials = ByPreset(options, 4000, 20_000, 100_000);
        var target = TargetResponses.Copy(Horizon);
        var epsilon = PrintedBounds.CorollaryOneEpsilon(Horizon);
        var nodes = RealInterpolation.ChebyshevNodes(Horizon, 1);
        var real = new RealRealization(
            [.. nodes], [.. RealInterpolation.Weights(nodes, target, context.Cancellation).Select(w => w.ToDouble())],
            [.. nodes.Select(_ => 1.0)]);
        var complex = ComplexConstructions.Fourier(target);
        var one = new RealRealization([0], [1], [1]);
        var random = new CounterRandom(options.Seed, 60_000);
        var rows = new List<Row>();
        foreach (var q in new[] { 1e-3, 1e-5, 1e-6 })
            Add(Interpolation, q, epsilon, real.MaximumMagnitude, () => Disturb(real, q, random).ErrorAgainst(target).L1);
        foreach (var error in new[] { 0.02, 0.05 })
            Add(Single, 0.5, error, one.MaximumMagnitude, () => Disturb(one, 0.5, random).ErrorAgainst([1]).L1);
        Add(Fourier, 1e-3, epsilon, complex.MaximumMagnitude, () => Disturb(complex, 1e-3, random).ErrorAgainst(target).L1);
        return new([.. rows]);

        void Add(string system, double q, double error, double magnitude, Func<double> draw)
        {
            var within = 0;
            for (var trial = 0; trial < trials; trial++)
            {
                if (trial % 100 == 0) context.Cancellation.ThrowIfCancellationRequested();
                if (draw() <= error) within++;
            }

            rows.Add(new(system, q, error, magnitude, 2 * error / (q * magnitude), (double)within / trials, trials));
            context.Report(rows.Count / 6.0);
        }
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        var claims = outcome.Rows.Where(row => row.System != Fourier).Select(row => Claim.AtMost(
            $"quantization.{(row.System == Single ? "one" : "real")}.q{row.Q:0e0}.e{row.Epsilon:0e0}",
            $"Frequency of still approximating to ε = {((Cell)row.Epsilon).Format(4)} under quantization q = {((Cell)row.Q).Format()}, "
            + $"{row.System}; limit: 2ε/(q max|C_j B_j|) and three standard errors",
            Sources.PropositionFive,
            Limit(row),
            row.Frequency)).ToList();
        var contrast = outcome.Rows.Single(row => row.System == Fourier);
        claims.Add(
            Claim.AtLeast(
                "quantization.complex", $"The same frequency for the complex Fourier system, q = {((Cell)contrast.Q).Format()}",
                Sources.PropositionFive, 0.99, contrast.Frequency));
        var table = new ResultTable(
            "quantization", "Probability of still ε-approximating after quantization",
            ["system", "q", "ε", "max|C_j B_j|", "Proposition 5: at most", "measured frequency", "trials"],
            [
                .. outcome.Rows.Select(
                    row => (IReadOnlyList<Cell>)[row.System, row.Q, row.Epsilon, row.Magnitude, row.Bound, row.Frequency, row.Trials])],
            "A bound above 1 says nothing. The real and imaginary parts of complex entries are disturbed apart.");
        return Section(
            "Quantization",
            [
                "Proposition 5 bounds the chance that a system with large weights survives the rounding of its entries. The system of one "
                + "state shows that the bound is nearly attained; the interpolating real system hardly ever survives relative errors of "
                + "0.05 %, the complex one does.",
            ],
            claims, [table], []);

        static double Limit(Row row) => row.Bound >= 1 ? 1 : row.Bound + (3 * Math.Sqrt(row.Bound * (1 - row.Bound) / row.Trials));
    }

    private static RealRealization Disturb(RealRealization system, double q, CounterRandom random)
    {
        ImmutableArray<double> Draw(ImmutableArray<double> values) => [.. values.Select(value => Disturb(value, q, random))];
        return new(Draw(system.A), Draw(system.B), Draw(system.C));
    }

    private static ComplexRealization Disturb(ComplexRealization system, double q, CounterRandom random)
    {
        ImmutableArray<Complex> Draw(ImmutableArray<Complex> values) =>
            [.. values.Select(value => new Complex(Disturb(value.Real, q, random), Disturb(value.Imaginary, q, random)))];
        return new(Draw(system.A), Draw(system.B), Draw(system.C));
    }

    private static double Disturb(double value, double q, CounterRandom random) => value * random.Uniform(1 - (q / 2), 1 + (q / 2));

    internal sealed record Outcome(IReadOnlyList<Row> Rows);

    internal sealed record Row(string System, double Q, double Epsilon, double Magnitude, double Bound, double Frequency, int Trials);
}
