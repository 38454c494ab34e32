namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Proposition 4: gradient descent enlarges weights no faster than linearly, with Lemma 3 along the way.</summary>
internal sealed class DescentPart() : SingleJobPart<DescentPart.Outcome>(
    "learning.descent", "Gradient descent and its linear bound", (1, 1, 1))
{
    private const int Horizon = 16;
    private const int States = 4;
    private const int Steps = 2000;
    private const double LargestStep = 0.05;

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var random = new CounterRandom(options.Seed, 70_000);
        return new(
            [
                Descend("copy", TargetResponses.Copy(Horizon), 0), Descend("oscillation", TargetResponses.Oscillation(Horizon), 1),
                Descend("random", TargetResponses.Random(Horizon, 1, random), 2)]);

        Run Descend(string name, double[] target, int index)
        {
            var system = RandomSystems.Real(States, 0.9, random);
            var losses = new List<double>();
            var magnitudes = new List<double>();
            var lemma = double.PositiveInfinity;

            // The proposition speaks of stable systems; a run whose eigenvalues leave [−1, 1] ends there.
            for (var step = 0; step == 0 || system.A.All(a => Math.Abs(a) <= 1); step++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                losses.Add(ResponseLoss.Value(system, target));
                magnitudes.Add(Largest(system));
                if (step == Steps) break;
                var (gradient, hessian) = ResponseLoss.Derivatives(system, target);
                var curvature = SymmetricEigenvalues.Largest(hessian);
                lemma = Math.Min(lemma, curvature / (2 * magnitudes[^1] * magnitudes[^1]));
                var rate = Math.Min(LargestStep, 1 / curvature);
                system = new(
                    [.. system.A.Select((value, j) => value - (rate * gradient[j]))],
                    [.. system.B.Select((value, j) => value - (rate * gradient[States + j]))],
                    [.. system.C.Select((value, j) => value - (rate * gradient[(2 * States) + j]))]);
                if (step % 50 == 0) context.Report((index + ((double)step / Steps)) / 3);
            }

            // c₂ of the proposition is the largest loss over the first; the bound grows by √(4 c₁ c₂ t ℓ₀) a step.
            var growth = Math.Sqrt(4 * LargestStep * (losses.Max() / losses[0]) * Horizon * losses[0]);
            var slack = magnitudes.Select((magnitude, step) => magnitude - (magnitudes[0] + (step * growth))).Skip(1).Max();
            return new(name, losses.Count - 1, losses[0], losses[^1], magnitudes[0], magnitudes.Max(), growth, slack, lemma);
        }
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        Claim[] claims =
        [
            Claim.AtMost(
                "descent.linear", $"max(‖B‖_∞, ‖C‖_∞) over up to {Steps} steps of gradient descent minus the linear bound: largest",
                Sources.PropositionFour, 0, outcome.Runs.Max(run => run.Slack)),
            Claim.AtLeast(
                "descent.lemma-3", "λ_max of the Hessian / (2 max(‖B‖_∞, ‖C‖_∞)²) along the way: smallest", "paper, Lemma 3", 1,
                outcome.Runs.Min(run => run.LemmaThree)),
            Claim.AtLeast(
                "descent.steps", "Steps taken with eigenvalues in [−1, 1], the proposition's setting, over the three runs",
                Sources.PropositionFour, 1000, outcome.Runs.Sum(run => run.Steps)),
        ];
        var table = new ResultTable(
            "descent", $"Gradient descent, {States} real states, t = {Horizon}, up to {Steps} steps",
            [
                "mapping", "steps", "loss at the start", "loss at the end", "max(‖B‖_∞, ‖C‖_∞) at the start", "largest",
                "bound's growth a step"],
            [
                .. outcome.Runs.Select(
                    run => (IReadOnlyList<Cell>)[
                        run.Mapping, run.Steps, run.FirstLoss, run.LastLoss, run.FirstMagnitude, run.LargestMagnitude, run.Growth])],
            $"Step size min({LargestStep}, 1/λ_max of the Hessian); a run ends early where an eigenvalue leaves [−1, 1].");
        return Section(
            "Why exponential weights are not learned",
            [
                "Gradient descent with step sizes bounded by the curvature enlarges weights by at most a constant a step (Proposition 4), so "
                + "that weights which must be exponential in t need exponentially many steps.",
            ],
            claims, [table], []);
    }

    private static double Largest(RealRealization system) => Math.Max(system.B.Max(Math.Abs), system.C.Max(Math.Abs));

    internal sealed record Outcome(IReadOnlyList<Run> Runs);

    internal sealed record Run(
        string Mapping, int Steps, double FirstLoss, double LastLoss, double FirstMagnitude, double LargestMagnitude, double Growth,
        double Slack, double LemmaThree);
}
