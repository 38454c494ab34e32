using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Appendix C: the expected squared error on white noise is the squared distance of the impulse responses.</summary>
internal sealed class LossPart() : SingleJobPart<LossPart.Outcome>("learning.loss", "Closed form of the loss", (0.3, 1.2, 3))
{
    private const int Horizon = 16;

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var samples = ByPreset(options, 100_000, 400_000, 1_000_000);
        var random = new CounterRandom(options.Seed, 80_000);
        var target = TargetResponses.Copy(Horizon);
        var real = RandomSystems.Real(4, 0.9, random);
        var complex = RandomSystems.Complex(4, 0.9, random);
        var quotient = 0.0;
        for (var draw = 0; draw < 1000; draw++)
        {
            var error = RandomSystems.Real(3, 0.99, random).ErrorAgainst(TargetResponses.Random(Horizon, 1, random));
            quotient = Math.Max(quotient, error.L1 / (Math.Sqrt(Horizon) * error.L2));
        }

        return new(
            [
                Simulate("real", input => real.Run(input, new double[4])[^1], real.ErrorAgainst(target).L2, 0),
                Simulate("complex", input => complex.Run(input, new Complex[4])[^1], complex.ErrorAgainst(target).L2, 0.5),
            ],
            quotient,
            samples);

        Row Simulate(string name, Func<double[], double> output, double distance, double start)
        {
            var input = new double[Horizon];
            double sum = 0, squares = 0;
            for (var sample = 0; sample < samples; sample++)
            {
                if (sample % 1000 == 0)
                {
                    context.Cancellation.ThrowIfCancellationRequested();
                    context.Report(start + (0.5 * sample / samples));
                }

                for (var k = 0; k < Horizon; k++) input[k] = random.Normal();
                var wanted = input[Horizon - 1 - TargetResponses.CopyDelay(Horizon)];
                var error = Math.Pow(output(input) - wanted, 2);
                sum += error;
                squares += error * error;
            }

            var mean = sum / samples;
            return new(name, distance * distance, mean, Math.Sqrt(((squares / samples) - (mean * mean)) / samples));
        }
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        Claim[] claims =
        [
            .. outcome.Rows.Select(row => Claim.Near(
                $"loss.{row.System}", $"Mean squared error on {outcome.Samples} Gaussian inputs minus ‖φ̄ − φ‖₂², in standard errors, "
                + $"{row.System} system", Sources.AppendixLoss, 0, 3, (row.Mean - row.ClosedForm) / row.StandardError)),
            Claim.AtMost(
                "loss.approximation", "ℓ ≤ ε²/t implies ε-approximation: largest ‖φ̄ − φ‖₁ / (√t ‖φ̄ − φ‖₂)", Sources.AppendixLoss,
                1 + 1e-12, outcome.LargestQuotient),
        ];
        var table = new ResultTable(
            "loss", "The loss as an expectation over Gaussian inputs and in closed form",
            ["system", "‖φ̄ − φ‖₂²", "mean squared error", "standard error"],
            [.. outcome.Rows.Select(row => (IReadOnlyList<Cell>)[row.System, row.ClosedForm, row.Mean, row.StandardError])]);
        return Section(
            "The loss in closed form",
            ["Training minimizes an expectation over white noise, which equals the squared ℓ2 distance of the impulse responses."], claims,
            [table], []);
    }

    internal sealed record Outcome(IReadOnlyList<Row> Rows, double LargestQuotient, int Samples);

    internal sealed record Row(string System, double ClosedForm, double Mean, double StandardError);
}
