using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Attention;

internal static class AttentionCases
{
    private static readonly Size[] Sizes =
    [
        new(1, 1, 1, 1, 1, 1, 1), new(2, 2, 2, 2, 1, 3, 3), new(1, 3, 3, 2, 2, 2, 1), new(2, 1, 17, 4, 2, 15, 17), new(2, 5, 9, 3, 3, 5, 2), new(1, 15, 15, 4, 2, 17, 15),
        new(2, 17, 63, 2, 1, 3, 65), new(1, 63, 65, 4, 4, 15, 16), new(1, 65, 65, 6, 2, 63, 33), new(1, 255, 255, 2, 1, 33, 65), new(1, 97, 257, 2, 2, 65, 63), new(1, 2, 1025, 3, 1, 17, 9), new(1, 130, 130, 4, 2, 64, 64), new(1, 65, 257, 2, 1, 24, 40),
        new(0, 3, 3, 2, 1, 2, 2), new(2, 0, 5, 2, 1, 3, 2),
    ];

    private static readonly long?[] Windows = [null, 1, 2, 7, 100];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from window in Windows
           select Case(size, window, null, packed: false),
        .. from size in Sizes
           select Case(size, size.L > 60 ? 100 : null, null, packed: true),
        Case(new(1, 33, 33, 4, 2, 8, 8), 7, null, packed: true),
        Case(new(1, 257, 257, 2, 1, 8, 8), null, null, packed: true),

        // Scores up to several hundreds: the running maximum moves, and most of a row underflows.
        Case(new(1, 130, 257, 2, 1, 17, 5), null, 100, packed: false),
        Case(new(1, 1, 513, 2, 1, 17, 5), null, 100, packed: false),
        Case(new(1, 5, 9, 2, 2, 3, 5), null, -2, packed: false),
    ];

    private static ConformanceCase Case(Size size, long? window, double? scale, bool packed)
    {
        List<CaseInput> inputs =
        [
            new Shape[] { [size.B, size.L, size.H, size.P] }[0],
            new Shape[] { [size.B, size.S, size.KeyHeads, size.P] }[0],
            new Shape[] { [size.B, size.S, size.KeyHeads, size.ValueSize] }[0],
        ];
        if (packed) inputs.Add(new([size.B, size.L], 0, size.S, DType.Int32));
        return new(
            "Attention",
            $"{size} {(window is null ? "all keys" : $"window {window}")}{(scale is null ? "" : $" scale {scale}")}{(packed ? " packed" : "")}",
            inputs,
            x =>
            {
                if (!packed) return [Attention.Apply(x[0], x[1], x[2], window, scale)];
                using var first = Begun(ReferenceArray.Of(x[3]), size).ToTensor(DType.Int32).To(x[0].Device);
                return [Attention.Apply(x[0], x[1], x[2], window, scale, first)];
            },
            x => [AttentionReference.Forward(x[0], x[1], x[2], window, scale, packed ? Begun(x[3], size) : null)],
            (x, g) => AttentionReference.Backward(x[0], x[1], x[2], window, scale, packed ? Begun(x[3], size) : null, g[0]),
            Float32Tolerance: scale is 100 ? 2e-4 : 1e-5);
    }

    /// <summary>Numbers of keys, lowered to the position of the query where they exceed it.</summary>
    private static ReferenceArray Begun(ReferenceArray first, Size size) =>
        first with { Values = [.. first.Values.Select((value, i) => Math.Min(value, size.S - size.L + (i % size.L)))] };

    private sealed record Size(long B, long L, long S, long H, long KeyHeads, long P, long ValueSize)
    {
        public override string ToString() => $"B {B} L {L} S {S} H {H} Hkv {KeyHeads} P {P} Pv {ValueSize}";
    }
}
