using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

internal static class ImpulseResponseCases
{
    private static readonly (long D, long N, long L)[] Sizes =
        [(1, 1, 1), (2, 3, 2), (3, 2, 3), (5, 4, 15), (2, 5, 17), (17, 7, 63), (3, 17, 65), (3, 33, 255), (2, 4, 257), (1, 6, 1025), (3, 51, 4097), (3, 2, 0), (2, 0, 3)];

    public static IEnumerable<ConformanceCase> All =>
        from size in Sizes
        from complex in new[] { false, true }
        from isLog in new[] { false, true }
        select Case(size.D, size.N, size.L, complex, isLog);

    private static ConformanceCase Case(long channels, long states, long length, bool complex, bool isLog)
    {
        const double Scale = 2;
        Shape shape = [channels, states];

        // |λ| is at most 0.98 where λ is given. Where its logarithm is, it comes near 1 at the largest length, which is too large for differences.
        CaseInput lambdaRe = isLog ? length > 4000 ? new(shape, -0.2, -0.0001) : new(shape, -0.4, -0.1) : new(shape, -0.9, 0.9);
        CaseInput lambdaIm = isLog ? new(shape, -3, 3) : new(shape, -0.4, 0.4);
        return new(
            "ImpulseResponse",
            $"{(complex ? "complex" : "real")} {(isLog ? "log λ" : "λ")} D {channels} N {states} L {length}",
            [.. (complex ? (CaseInput[])[lambdaRe, lambdaIm, shape, shape] : [lambdaRe, shape]).Select(input => input with { IsParameter = true })],
            x => [Apply(x, complex, isLog, length, Scale)],
            x => [ImpulseResponseReference.Forward(Pair(x, 0, complex), Pair(x, 1, complex), isLog, length, Scale)],
            (x, g) => ImpulseResponseReference.Backward(Pair(x, 0, complex), Pair(x, 1, complex), isLog, Scale, g[0]));
    }

    private static Tensor Apply(Tensor[] x, bool complex, bool isLog, long length, double scale) => (complex, isLog) switch
    {
        (false, false) => ImpulseResponse.Apply(x[0], x[1], length, scale),
        (false, true) => ImpulseResponse.FromLog(x[0], x[1], length, scale),
        (true, false) => ImpulseResponse.Apply((x[0], x[1]), (x[2], x[3]), length, scale),
        _ => ImpulseResponse.FromLog((x[0], x[1]), (x[2], x[3]), length, scale),
    };

    private static ReferenceArray?[] Pair(ReferenceArray[] x, int index, bool complex) => complex ? [x[2 * index], x[(2 * index) + 1]] : [x[index], null];
}
