using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>The systems themselves: recurrence, convolution, closed form, and the equivalences of section 3.1 and appendix A.</summary>
internal sealed class SystemsPart() : SingleJobPart<SystemsPart.Outcome>(
    "systems", "Systems: recurrence, convolution, equivalences", (0.3, 0.6, 1.5))
{
    private const int Length = 512;
    private static readonly int[] Dimensions = [1, 2, 3, 15, 17, 63, 64];

    protected override Outcome Compute(StudyOptions options, JobContext context)
    {
        var draws = ByPreset(options, 1, 3, 10);
        var worst = new Outcome(0, 0, 0, 0, 0, 0, 0, 0, double.PositiveInfinity, 0);
        for (var draw = 0; draw < draws; draw++)
        {
            foreach (var n in Dimensions)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                worst = Worst(worst, Measure(n, new CounterRandom(options.Seed, 1000 + (100 * draw) + n)));
            }

            context.Report((draw + 1.0) / draws);
        }

        return worst;
    }

    protected override StudyConclusion Conclude(StudyOptions options, Outcome outcome)
    {
        Claim[] claims =
        [
            Claim.AtMost(
                "systems.convolution",
                $"Recurrence and convolution with the impulse response agree, real and complex, 1 to 64 states, {Length} steps",
                Sources.Setting, 1e-12, outcome.Direct),
            Claim.AtMost(
                "systems.convolution.fourier", "Recurrence and convolution by the fast Fourier transform agree", Sources.Setting, 1e-10,
                outcome.Fourier),
            Claim.AtMost(
                "systems.first-output", "The first output is Re(C B) u(1): there is no feed-through and no delay", Sources.Setting, 1e-13,
                outcome.FirstOutput),
            Claim.AtMost(
                "systems.single-mode", "One state A = r e^{iθ}, C B = ρ e^{iψ} responds with ρ r^k cos(kθ + ψ)", Sources.Setting, 1e-13,
                outcome.SingleMode),
            Claim.AtMost(
                "systems.rotation", "A real system of 2n states, blocks of rotation and scaling, equals the complex diagonal one of n",
                Sources.Setting, 1e-12, outcome.Rotation),
            Claim.Exactly(
                "systems.real-in-complex", "A complex system copies every real one to the bit: outputs that differ", Sources.PropositionTwo,
                "0", outcome.DifferentBits.ToString("F0")),
            Claim.AtMost(
                "systems.feed-through", "One state more emulates a feed-through D u(t)", Sources.AppendixFeedThrough, 1e-14,
                outcome.FeedThrough),
            Claim.AtMost(
                "systems.bilinear-input", "The bilinear rule never enlarges input weights: largest |B̄_i| / |ΔB_i| where Re A ≤ 0",
                Sources.AppendixBilinear, 1, outcome.BilinearRatio),
            Claim.Between(
                "systems.bilinear-order", "Zero-order hold and bilinear rule differ by O(Δ³): smallest order seen on halving Δ",
                Sources.AppendixBilinear, 2.9, 3.2, outcome.SmallestOrder),
            Claim.Between(
                "systems.bilinear-order.largest", "The same: largest order seen", Sources.AppendixBilinear, 2.9, 3.2, outcome.LargestOrder),
        ];
        return Section(
            "The systems",
            ["All computations of this part are in double precision. Random stable systems have eigenvalues of magnitude up to 0.99."],
            claims, [], []);
    }

    private static Outcome Worst(Outcome a, Outcome b) => new(
        Math.Max(a.Direct, b.Direct), Math.Max(a.Fourier, b.Fourier), Math.Max(
            a.FirstOutput, b.FirstOutput), Math.Max(a.SingleMode, b.SingleMode),
        Math.Max(a.Rotation, b.Rotation), a.DifferentBits + b.DifferentBits, Math.Max(a.FeedThrough, b.FeedThrough), Math.Max(
            a.BilinearRatio, b.BilinearRatio),
        Math.Min(a.SmallestOrder, b.SmallestOrder), Math.Max(a.LargestOrder, b.LargestOrder));

    private static Outcome Measure(int n, CounterRandom random)
    {
        var real = RandomSystems.Real(n, 0.99, random);
        var complex = RandomSystems.Complex(n, 0.99, random);
        var input = Enumerable.Range(0, Length).Select(_ => random.Normal()).ToArray();
        var realOutput = real.Run(input, new double[n]);
        var complexOutput = complex.Run(input, new Complex[n]);
        var realResponse = real.ImpulseResponse(Length);
        var complexResponse = complex.ImpulseResponse(Length);

        var direct = Math.Max(
            ResponseError.Between(CausalConvolution.Direct(realResponse, input), realOutput).Maximum,
            ResponseError.Between(CausalConvolution.Direct(complexResponse, input), complexOutput).Maximum);
        var fourier = Math.Max(
            ResponseError.Between(CausalConvolution.Fourier(realResponse, input), realOutput).Maximum,
            ResponseError.Between(CausalConvolution.Fourier(complexResponse, input), complexOutput).Maximum);
        var first = Math.Abs(complexOutput[0] - (Enumerable.Range(0, n).Sum(j => (complex.C[j] * complex.B[j]).Real) * input[0]));
        var rotation = ResponseError.Between(RotationForm.Of(complex).ImpulseResponse(Length), complexResponse).Maximum;

        var copied = real.ToComplex(n + 3).Run(input, new Complex[n + 3]);
        var different = copied.Zip(realOutput).Count(
            pair => BitConverter.DoubleToInt64Bits(pair.First) != BitConverter.DoubleToInt64Bits(pair.Second));

        var d = random.Uniform(-1, 1);
        var through = Enumerable.Range(0, Length).Select(k => realOutput[k] + (d * input[k])).ToArray();
        var feed = ResponseError.Between(real.WithFeedThrough(d).Run(input, new double[n + 1]), through).Maximum;
        var (ratio, order) = Discretize(random);
        return new(direct, fourier, first, SingleMode(random), rotation, different, feed, ratio, order, order);
    }

    private static double SingleMode(CounterRandom random)
    {
        var (r, angle) = (random.Uniform(0.5, 1), random.Uniform(0, 2 * Math.PI));
        var (magnitude, phase) = (random.Uniform(0.1, 1), random.Uniform(0, 2 * Math.PI));
        var system = new ComplexRealization(
            [Complex.FromPolarCoordinates(r, angle)], [Complex.FromPolarCoordinates(magnitude, phase)], [Complex.One]);
        var expected = Enumerable.Range(0, 64).Select(k => magnitude * Math.Pow(r, k) * Math.Cos((k * angle) + phase)).ToArray();
        return system.ErrorAgainst(expected).Maximum;
    }

    private static (double Ratio, double Order) Discretize(CounterRandom random)
    {
        var a = new Complex(-random.Uniform(0, 2), random.Uniform(-2, 2));
        var b = new Complex(random.Uniform(-1, 1), random.Uniform(-1, 1));
        const double Step = 0.02;
        double Gap(double step)
        {
            var (holdA, holdB) = Discretization.ZeroOrderHold(a, b, step);
            var (bilinearA, bilinearB) = Discretization.Bilinear(a, b, step);
            return Complex.Abs(holdA - bilinearA) + Complex.Abs(holdB - bilinearB);
        }

        var wide = random.Uniform(0.001, 3);
        return (Complex.Abs(Discretization.Bilinear(a, b, wide).B) / Complex.Abs(wide * b), Math.Log2(Gap(Step) / Gap(Step / 2)));
    }

    internal sealed record Outcome(
        double Direct, double Fourier, double FirstOutput, double SingleMode, double Rotation, double DifferentBits, double FeedThrough,
        double BilinearRatio, double SmallestOrder, double LargestOrder);
}
