using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.RealFft;

internal static class RealFftCases
{
    private static readonly (long B, long L, long D, long N)[] Forward =
        [(1, 1, 1, 1), (2, 2, 3, 2), (2, 3, 17, 3), (1, 15, 5, 32), (2, 17, 15, 17), (1, 63, 33, 64), (1, 65, 16, 65), (1, 255, 3, 510), (2, 257, 2, 257), (1, 96, 65, 96)];

    private static readonly (long B, long N, long D)[] Inverse =
        [(1, 1, 1), (2, 2, 3), (2, 3, 17), (1, 15, 5), (1, 16, 33), (2, 64, 15), (1, 65, 16), (1, 255, 3), (1, 257, 2), (1, 512, 17)];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Forward
           select new ConformanceCase(
               "RealFft",
               $"({size.B}, {size.L}, {size.D}) length {size.N}",
               [new([size.B, size.L, size.D])],
               x => Parts(RealFft.Apply(x[0], size.N)),
               x => RealFftReference.Forward(x[0], size.N),
               (x, g) => RealFftReference.ForwardGradient(x[0], size.N, g)),
        .. from size in Inverse
           let spectrum = new CaseInput([size.B, (size.N / 2) + 1, size.D])
           select new ConformanceCase(
               "InverseRealFft",
               $"B {size.B} D {size.D} length {size.N}",
               [spectrum, spectrum],
               x => [InverseRealFft.Apply((x[0], x[1]), size.N)],
               x => [RealFftReference.Inverse(x[0], x[1], size.N)],
               (x, g) => RealFftReference.InverseGradient(x[0], size.N, g[0])),
    ];

    private static Tensor[] Parts((Tensor Re, Tensor Im) pair) => [pair.Re, pair.Im];
}
