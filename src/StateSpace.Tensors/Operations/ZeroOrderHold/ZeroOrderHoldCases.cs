using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.ZeroOrderHold;

internal static class ZeroOrderHoldCases
{
    private static readonly (long D, long N)[] Sizes = [(1, 1), (2, 3), (17, 5), (65, 3), (3, 0)];

    /// <summary>ΔA on both sides of the border of the power series; the reference by the definition wants it away from 0.</summary>
    private static readonly (string Name, double Low, double High)[] Ranges = [("near 0", -0.4, -0.05), ("moderate", -1, -0.2), ("large", -30, -2)];

    public static IEnumerable<ConformanceCase> All =>
        from size in Sizes
        from range in Ranges
        from complex in new[] { false, true }
        select Case(size.D, size.N, range, complex);

    private static ConformanceCase Case(long channels, long states, (string Name, double Low, double High) range, bool complex)
    {
        CaseInput delta = new([channels], 0.5, 1) { IsParameter = true }, a = new([channels, states], range.Low, range.High) { IsParameter = true };
        return new(
            "ZeroOrderHold",
            $"{(complex ? "complex" : "real")} D {channels} N {states}, {range.Name}",
            complex ? [delta, a, a] : [delta, a],
            x => Apply(x, complex),
            x => ZeroOrderHoldReference.Forward(x[0], [x[1], complex ? x[2] : null]),
            (x, g) => ZeroOrderHoldReference.Backward(x[0], [x[1], complex ? x[2] : null], g));
    }

    private static Tensor[] Apply(Tensor[] x, bool complex)
    {
        if (!complex)
        {
            var (logLambda, input) = ZeroOrderHold.Apply(x[0], x[1]);
            return [logLambda, input];
        }

        var (a, b) = ZeroOrderHold.Apply(x[0], (x[1], x[2]));
        return [a.Re, a.Im, b.Re, b.Im];
    }
}
