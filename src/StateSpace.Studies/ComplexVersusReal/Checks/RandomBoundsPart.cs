namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Corollary 2, random responses, and bounds against random systems with the error that each has.</summary>
internal sealed class RandomBoundsPart() : SingleJobPart<RandomBoundsPart.Outcome>(
    "bounds.random", "Bounds for random responses and random systems", (1.3, 4.5, 13))
{
    private static readonly int[] Horizons = [8, 16, 24, 32];
    private static readonly double[] Probabilities = [0.5, 0.1, 0.01];
    private static readonly int[] Dimensions = [1, 2, 3, 15, 63, 200];

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var draws = ByPreset(options, 10, 40, 120);
        var rows = new List<Row>();
        foreach (var t in Horizons)
        {
            foreach (var p in Probabilities)
            {
                var random = new CounterRandom(options.Seed, 20_000 + (100 * t) + (int)(100 * p));
                var epsilon = PrintedBounds.CorollaryTwoEpsilon(t, 1, p);
                var minima = Enumerable.Range(0, draws)
                    .Select(_ => Minimum(TargetResponses.Random(t, 1, random), epsilon, context)).Order().ToArray();
                var bound = PrintedBounds.CorollaryTwo(t, 1, p);
                rows.Add(new(t, p, bound, minima[0], minima[minima.Length / 2], minima.Count(value => value < bound), draws));
                context.Report(0.8 * rows.Count / (Horizons.Length * Probabilities.Length));
            }
        }

        return new([.. rows], SmallestQuotient(options, context, ByPreset(options, 1, 3, 10)));
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        var last = outcome.Rows.Single(row => row.T == 32 && row.P == 0.1);
        Claim[] claims =
        [
            .. Probabilities.Select(p => Claim.AtMost(
                $"bound.random.corollary.p{(int)(100 * p)}",
                $"Fraction of random responses whose exact minimum lies below Corollary 2's bound, p = {((Cell)p).Format()}",
                Sources.CorollaryTwo,
                p,
                outcome.Rows.Where(row => row.P == p).Average(row => (double)row.Below / row.Draws))),
            Claim.Near("bound.random.corollary.t32", "Corollary 2 at t = 32, α = 1, p = 0.1", Sources.CorollaryTwo, 458, 0.5, last.Bound),
            Claim.Between("bound.random.median.t32", "Median of the exact minimum there", Sources.Reference, 1e10, 1e12, last.Median),
            Claim.AtLeast(
                "bound.random.own-error",
                "No real system has less than the exact bound at its own error: smallest quotient Σ|C_j B_j| / bound over "
                + $"{outcome.Own.Systems} systems with a bound above 0",
                Sources.Duality, 1 - 1e-9, outcome.Own.Smallest),
        ];
        var table = new ResultTable(
            "bounds-random",
            "Random responses, α = 1, ε = √(p/t)",
            ["t", "p", "Corollary 2", "exact, smallest draw", "exact, median", "draws below Corollary 2", "draws"],
            [
                .. outcome.Rows.Select(
                    row => (IReadOnlyList<Cell>)[row.T, row.P, row.Bound, row.Smallest, row.Median, row.Below, row.Draws])]);
        return Section(
            "Random responses",
            [
                "Corollary 2 speaks of responses drawn at random; the exact minimum is computed for each draw by linear programming, at the "
                + "corollary's ε. The exact bound is then tried against systems: random ones of up to 200 states, whose target is their own "
                + "response with noise, and interpolating ones with disturbed weights.",
            ],
            claims, [table], []);
    }

    /// <summary>
    /// Σ|C_j B_j| over the exact bound at the system's own error, the smallest over systems; 1 or more if the bound holds.
    /// </summary>
    private static OwnError SmallestQuotient(StudyOptions options, JobContext context, int rounds)
    {
        var (smallest, systems) = (double.PositiveInfinity, 0);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var t in new[] { 8, 15, 17 })
            {
                var random = new CounterRandom(options.Seed, 30_000 + (100 * round) + t);
                foreach (var n in Dimensions)
                {
                    var system = RandomSystems.Real(n, 1, random);
                    Try(system, TargetResponses.Copy(t));
                    Try(system, TargetResponses.Oscillation(t));
                    foreach (var noise in new[] { 1e-3, 0.1 })
                        Try(system, [.. system.ImpulseResponse(t).Select(value => value + (noise * random.Normal()))]);
                }

                var target = TargetResponses.Copy(t);
                var nodes = RealInterpolation.ChebyshevNodes(t, 1);
                var weights = RealInterpolation.Weights(nodes, target, context.Cancellation);
                foreach (var disturbance in new[] { 1e-6, 1e-3, 0.03 })
                {
                    var disturbed = weights.Select(weight => weight.ToDouble() * random.Uniform(1 - disturbance, 1));
                    Try(new([.. nodes], [.. disturbed], [.. nodes.Select(_ => 1.0)]), target);
                }
            }
        }

        return new(smallest, systems);

        void Try(RealRealization system, double[] target)
        {
            var bound = Minimum(target, system.ErrorAgainst(target).L1, context);
            if (bound == 0) return;
            systems++;
            smallest = Math.Min(smallest, system.TotalMagnitude / bound);
        }
    }

    private static double Minimum(double[] target, double epsilon, JobContext context) =>
        MinimumMagnitude.Exact(target, epsilon, EigenvalueRange.Signed, context.Cancellation).Bound;

    internal sealed record Outcome(IReadOnlyList<Row> Rows, OwnError Own);

    internal sealed record Row(int T, double P, double Bound, double Smallest, double Median, int Below, int Draws);

    internal sealed record OwnError(double Smallest, int Systems);
}
