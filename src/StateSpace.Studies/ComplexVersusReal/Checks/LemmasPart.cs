using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The lemmas behind the bounds, checked over ranges; binomial ones in integers.</summary>
internal sealed class LemmasPart() : SingleJobPart<LemmasPart.Outcome>("theory.lemmas", "Lemmas behind the bounds", (0.2, 0.5, 1.5))
{
    private const int Largest = 200;

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var random = new CounterRandom(options.Seed, 40_000);
        var binomials = Pascal(2 * Largest);
        context.Report(0.2);
        var differences = Differences(random, binomials);
        var oscillation = ForwardDifferences.Table(ForwardDifferences.Restrict(TargetResponses.Oscillation(64), Restriction.Odd));
        context.Cancellation.ThrowIfCancellationRequested();
        var excess = SignChangeExcess(random, ByPreset(options, 10, 40, 150), context);
        return new(
            differences,
            Enumerable.Range(0, 20).All(d => oscillation[d].All(value => Math.Abs(value) == Math.ScaleB(1, d))),
            PowerExcess(),
            KappaExcess(),
            Enumerable.Range(1, Largest).Count(n => binomials[2 * n][n] * binomials[2 * n][n] * 4 * n < BigInteger.Pow(16, n)),
            binomials[2][1] * binomials[2][1] * 4 == 16,
            Enumerable.Range(1, Largest).Count(n => binomials[n][n / 2] * binomials[n][n / 2] * 32 * n < BigInteger.Pow(4, n)),
            excess);
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        Claim[] claims =
        [
            Claim.AtMost(
                "lemma.7", "S⁽ᵈ⁾_m = Σ_j (−1)^{d−j} binom(d, j) S_{m+j}, d up to 20: largest relative difference", "paper, Lemma 7", 1e-12,
                outcome.Differences),
            Claim.Exactly(
                "lemma.oscillation", "Every forward difference of order d of the oscillation's odd elements has magnitude 2^d",
                Sources.CorollaryThree, "true", Text(outcome.OscillationDifferences)),
            Claim.AtMost(
                "lemma.6", "x^{m−1} (1−x)^d ≤ κ(m−1, d) on [0, 1], m and d up to 40: largest quotient",
                "paper, Lemma 6, with m counted from 1", 1 + 1e-12, outcome.PowerQuotient),
            Claim.AtMost(
                "lemma.12", "κ(m, d) ≤ 4^{−min(m, d)}, m and d up to 200: largest quotient", "paper, Lemma 12", 1 + 1e-12,
                outcome.KappaQuotient),
            Claim.Exactly(
                "lemma.10", $"binom(2n, n) ≥ 4^n / (2√n), n = 1 … {Largest}, in integers: failures", "paper, Lemma 10", "0",
                outcome.LemmaTenFailures.ToString()),
            Claim.Exactly(
                "lemma.10.equality", "Lemma 10 is an equality at n = 1", "paper, Lemma 10", "true", Text(outcome.LemmaTenEquality)),
            Claim.Exactly(
                "lemma.11", $"binom(n, ⌊n/2⌋) ≥ 2^n / (4√(2n)), n = 1 … {Largest}, in integers: failures", "paper, Lemma 11", "0",
                outcome.LemmaElevenFailures.ToString()),
            Claim.AtMost(
                "lemma.4", "Sign changes of odd and of even elements of random real systems, n up to 200, minus (n − 1): largest",
                "paper, Lemma 4", 0, outcome.SignChangeExcess),
        ];
        return Section("Lemmas", [], claims, [], []);

        static string Text(bool value) => value ? "true" : "false";
    }

    private static BigInteger[][] Pascal(int largest)
    {
        var rows = new BigInteger[largest + 1][];
        for (var n = 0; n <= largest; n++)
        {
            rows[n] = new BigInteger[n + 1];
            for (var k = 0; k <= n; k++) rows[n][k] = k == 0 || k == n ? 1 : rows[n - 1][k - 1] + rows[n - 1][k];
        }

        return rows;
    }

    private static double Differences(CounterRandom random, BigInteger[][] binomials)
    {
        var sequence = TargetResponses.Random(63, 1, random);
        var table = ForwardDifferences.Table(sequence);
        var worst = 0.0;
        for (var d = 0; d <= 20; d++)
        {
            for (var m = 0; m < table[d].Length; m++)
            {
                var sum = Enumerable.Range(0, d + 1).Sum(j => ((d - j) % 2 == 0 ? 1 : -1) * (double)binomials[d][j] * sequence[m + j]);
                worst = Math.Max(worst, Math.Abs(sum - table[d][m]) / Math.ScaleB(1, d));
            }
        }

        return worst;
    }

    private static double PowerExcess() => (
        from m in Enumerable.Range(1, 40)
        from d in Enumerable.Range(0, 40)
        from g in Enumerable.Range(0, 101)
        let x = g / 100.0
        select Math.Pow(x, m - 1) * Math.Pow(1 - x, d) / TheoremTwo.Kappa(m - 1, d)).Max();

    private static double KappaExcess() => (
        from m in Enumerable.Range(0, 201)
        from d in Enumerable.Range(0, 201)
        select TheoremTwo.Kappa(m, d) * Math.ScaleB(1, 2 * Math.Min(m, d))).Max();

    private static int SignChangeExcess(CounterRandom random, int draws, JobContext context)
    {
        var worst = int.MinValue;
        for (var draw = 0; draw < draws; draw++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Report(0.3 + (0.7 * draw / draws));
            foreach (var n in new[] { 1, 2, 3, 8, 15, 17, 63, 200 })
            {
                var system = RandomSystems.Real(n, 1, random);
                var response = system.ImpulseResponse(400);

                // Below this a value is rounding of the sum that made it, and its sign means nothing.
                var sizes = new RealRealization(
                    [.. system.A.Select(Math.Abs)], [.. system.B.Select(Math.Abs)], [.. system.C.Select(Math.Abs)]).ImpulseResponse(400);
                for (var k = 0; k < response.Length; k++)
                    if (Math.Abs(response[k]) < 1e-13 * sizes[k]) response[k] = 0;
                foreach (var restriction in new[] { Restriction.Odd, Restriction.Even })
                {
                    var changes = Alternation.Count(ForwardDifferences.Restrict(response, restriction), double.Epsilon);
                    worst = Math.Max(worst, changes - (n - 1));
                }
            }
        }

        return worst;
    }

    internal sealed record Outcome(
        double Differences, bool OscillationDifferences, double PowerQuotient, double KappaQuotient, int LemmaTenFailures,
        bool LemmaTenEquality, int LemmaElevenFailures, int SignChangeExcess);
}
