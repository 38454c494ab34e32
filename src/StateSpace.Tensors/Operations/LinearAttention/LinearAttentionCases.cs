using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.LinearAttention;

internal static class LinearAttentionCases
{
    private static readonly (long B, long L, long H, long K, long V)[] Sizes =
    [
        (1, 1, 1, 1, 1), (2, 2, 2, 3, 2), (1, 9, 2, 2, 3), (1, 15, 3, 7, 17), (2, 17, 2, 15, 1), (1, 63, 2, 63, 3),
        (1, 65, 1, 33, 65), (2, 130, 3, 1, 15), (1, 257, 2, 16, 5), (1, 20, 1, 255, 257), (1, 150, 2, 64, 64), (2, 0, 2, 3, 2), (2, 12, 0, 3, 2),
    ];

    public static IEnumerable<ConformanceCase> All =>
        from size in Sizes
        from options in new[] { (Initial: false, Resets: false), (Initial: true, Resets: false), (Initial: true, Resets: true) }
        select Case(size, options.Initial, options.Resets);

    private static ConformanceCase Case((long B, long L, long H, long K, long V) size, bool initial, bool resets)
    {
        const double ResetEvery = 5;
        Shape keys = [size.B, size.L, size.H, size.K], values = [size.B, size.L, size.H, size.V], state = [size.B, size.H, size.V, size.K];
        CaseInput[] inputs =
        [
            keys,
            keys,
            values,
            .. initial ? [new(state) { IsParameter = true }] : (CaseInput[])[],
            .. resets ? [new([size.B, size.L], 0, ResetEvery / (ResetEvery - 1), DType.Int32)] : (CaseInput[])[],
        ];
        return new(
            "LinearAttention",
            $"B {size.B} L {size.L} H {size.H} K {size.K} V {size.V}{(initial ? " with initial state" : "")}{(resets ? " with resets" : "")}",
            inputs,
            x =>
            {
                var (y, final) = LinearAttention.Apply(x[0], x[1], x[2], initial ? x[3] : null, resets ? x[^1] : null);
                return [y, final];
            },
            x => LinearAttentionReference.Forward(x[0], x[1], x[2], initial ? x[3] : null, resets ? x[^1] : null),
            (x, g) =>
            [
                .. LinearAttentionReference.Backward(x[0], x[1], x[2], initial ? x[3] : null, resets ? x[^1] : null, g),
                .. resets ? [null] : (ReferenceArray?[])[],
            ]);
    }
}
