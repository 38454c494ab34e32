using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.SelectiveScan;

internal static class SelectiveScanCases
{
    private const int OneResetIn = 8;

    private static readonly (long B, long L, long D, long N)[] Sizes =
        [(1, 1, 1, 1), (2, 3, 2, 3), (1, 15, 17, 2), (3, 63, 5, 7), (2, 65, 16, 4), (1, 32, 33, 1), (1, 257, 3, 17), (5, 2, 1, 5), (1, 33, 65, 15), (2, 31, 255, 3), (2, 0, 3, 2), (2, 3, 3, 0), (2, 67, 66, 16), (1, 40, 34, 8), (1, 35, 6, 64), (1, 5, 4, 256)];

    private static readonly Options Mamba = new(Skip: true, Gate: true, Bias: true, Softplus: true, Initial: true, Resets: false, IsBPerStep: true, IsCPerStep: true);

    private static readonly (string Name, Options Options)[] Variants =
    [
        ("with everything", Mamba with { Resets = true }),
        ("alone", new(Skip: false, Gate: false, Bias: false, Softplus: false, Initial: false, Resets: false, IsBPerStep: true, IsCPerStep: true)),
        ("with b of a channel", Mamba with { IsBPerStep = false }),
        ("with c of a channel", Mamba with { IsCPerStep = false, Gate = false }),
        ("with b and c of a channel", Mamba with { IsBPerStep = false, IsCPerStep = false, Resets = true }),
        ("without softplus", Mamba with { Softplus = false, Initial = false }),
        ("with resets alone", Mamba with { Skip = false, Gate = false, Bias = false, Initial = false, Resets = true }),
        
        // Rounding errors grow with the states.
        ("with growing states", Mamba with { LargestA = 0.5, Float32Tolerance = 1e-4 }),
        ("with exponents beyond the normal numbers", Mamba with { SmallestA = -400, LargestDelta = 3 }),
    ];

    public static IEnumerable<ConformanceCase> All =>
    [
        .. from size in Sizes
           from complex in new[] { false, true }
           select Case(size, complex, "like Mamba", Mamba),
        .. from complex in new[] { false, true }
           from variant in Variants
           from size in new[] { (2L, 5L, 3L, 2L), (2, 67, 19, 3) }
           select Case(size, complex, variant.Name, variant.Options),
        .. from complex in new[] { false, true }
           from length in new[] { 5, 70 }
           select Case((2, length, 34, complex ? 8 : 16), complex, Variants[0].Name, Variants[0].Options),
    ];

    private static ConformanceCase Case((long B, long L, long D, long N) size, bool complex, string name, Options options)
    {
        var (batch, length, channels, states) = size;
        Shape sequence = [batch, length, channels], perStep = [batch, length, states], perChannel = [channels, states], state = [batch, channels, states];
        List<CaseInput> inputs = [sequence, new(sequence, options.Softplus ? -2 : 0, options.LargestDelta)];
        Add(new(perChannel, options.SmallestA, options.LargestA) { IsParameter = true }, new(perChannel, -3, 3) { IsParameter = true });
        AddPair(options.IsBPerStep ? perStep : Parameter(perChannel));
        AddPair(options.IsCPerStep ? perStep : Parameter(perChannel));
        if (options.Skip) inputs.Add(Parameter([channels]));
        if (options.Gate) inputs.Add(sequence);
        if (options.Bias) inputs.Add(Parameter([channels]));
        if (options.Initial) AddPair(Parameter(state));
        if (options.Resets) inputs.Add(new([batch, length], 0, OneResetIn, DType.Int32));
        return new(
            "SelectiveScan",
            $"{(complex ? "complex" : "real")} B {batch} L {length} D {channels} N {states} {name}",
            inputs,
            x => Apply(new(x, complex, options), complex, options),
            x => SelectiveScanReference.Forward(Reference(new(x, complex, options), options)),
            (x, g) => [.. SelectiveScanReference.Backward(Reference(new(x, complex, options), options), g), .. options.Resets ? new ReferenceArray?[] { null } : []],
            Float32Tolerance: options.Float32Tolerance);

        static CaseInput Parameter(Shape shape) => new(shape) { IsParameter = true };

        void AddPair(CaseInput input) => Add(input, input);

        void Add(CaseInput re, CaseInput im)
        {
            inputs.Add(re);
            if (complex) inputs.Add(im);
        }
    }

    private static Tensor[] Apply(Operands<Tensor> x, bool complex, Options options)
    {
        var resets = x.Resets is null ? null : Tensor.From<int>(x.Resets.ToArray<int>().Select(IsReset).ToArray(), x.Resets.Shape).To(x.Resets.Device);
        if (complex)
        {
            (Tensor, Tensor)? initial = x.Initial is null ? null : Pair(x.Initial);
            var (output, (re, im)) = SelectiveScan.Apply(x.U, x.Delta, Pair(x.A), Pair(x.B), Pair(x.C), x.Skip, x.Gate, x.Bias, options.Softplus, initial, resets);
            return [output, re, im];
        }

        var (y, final) = SelectiveScan.Apply(x.U, x.Delta, x.A[0]!, x.B[0]!, x.C[0]!, x.Skip, x.Gate, x.Bias, options.Softplus, x.Initial?[0], resets);
        return [y, final];

        static (Tensor, Tensor) Pair(Tensor?[] pair) => (pair[0]!, pair[1]!);
    }

    private static ScanReferenceInputs Reference(Operands<ReferenceArray> x, Options options)
    {
        var resets = x.Resets is null ? null : x.Resets with { Values = [.. x.Resets.Values.Select(value => (double)IsReset((int)value))] };
        return new(x.U, x.Delta, x.A, x.B, x.C, x.Skip, x.Gate, x.Bias, x.Initial, resets, options.Softplus);
    }

    /// <summary>Inputs are drawn uniformly; one value of <see cref="OneResetIn"/> stands for a reset, which any number but 0 is.</summary>
    private static int IsReset(int drawn) => drawn == 0 ? -1 : 0;

    private sealed record Options(
        bool Skip, bool Gate, bool Bias, bool Softplus, bool Initial, bool Resets, bool IsBPerStep, bool IsCPerStep, double SmallestA = -2, double LargestA = 0, double LargestDelta = 1, double Float32Tolerance = 1e-5);

    /// <summary>A case's inputs in their order; absent ones are null.</summary>
    private sealed class Operands<TArray>
        where TArray : class
    {
        public Operands(TArray[] inputs, bool complex, Options options)
        {
            var next = 0;
            (U, Delta) = (inputs[next++], inputs[next++]);
            (A, B, C) = (Pair(), Pair(), Pair());
            Skip = options.Skip ? inputs[next++] : null;
            Gate = options.Gate ? inputs[next++] : null;
            Bias = options.Bias ? inputs[next++] : null;
            Initial = options.Initial ? Pair() : null;
            Resets = options.Resets ? inputs[next] : null;

            TArray?[] Pair() => complex ? [inputs[next++], inputs[next++]] : [inputs[next++], null];
        }

        public TArray U { get; }

        public TArray Delta { get; }

        public TArray?[] A { get; }

        public TArray?[] B { get; }

        public TArray?[] C { get; }

        public TArray? Skip { get; }

        public TArray? Gate { get; }

        public TArray? Bias { get; }

        public TArray?[]? Initial { get; }

        public TArray? Resets { get; }
    }
}
