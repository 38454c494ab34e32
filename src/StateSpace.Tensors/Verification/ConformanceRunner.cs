using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.Layout;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Verification;

/// <summary>What a case measured: the largest error of one part, relative to max(1, largest |reference|), and the limit for it.</summary>
internal sealed record ConformanceFinding(string Case, DType DType, string Part, double Error, double Tolerance)
{
    public bool Holds => Error <= Tolerance;

    public override string ToString() => $"{Case} {DType} {Part}: error {Error:G3}, tolerance {Tolerance:G3}{(Holds ? "" : "  FAILS")}";
}

/// <summary>
/// Runs cases: forward and gradient against the reference, gradient against central differences, and the same bits for any number of threads, or on a
/// GPU in two runs.
/// </summary>
internal static class ConformanceRunner
{
    private const double Float64Tolerance = 1e-10;
    private const double DifferenceTolerance = 2e-6;
    private const long LargestDifference = 300;

    /// <summary>The element types in which a device computes.</summary>
    public static IReadOnlyList<DType> Types(Device device) => device.IsCpu ? [DType.Float64, DType.Float32] : [DType.Float64, DType.Float32, DType.BFloat16];

    /// <summary>Runs a case; gives nothing where the operation has no form in this type.</summary>
    public static IEnumerable<ConformanceFinding> Run(ConformanceCase @case, DType dtype, Device device = default)
    {
        if (dtype == DType.BFloat16 && @case.BFloat16Tolerance is null) yield break;
        using var scope = new TensorScope();
        var drawn = @case.Inputs.Select((input, i) => Draw(input, i, dtype)).ToArray();
        var tolerance = dtype switch
        {
            DType.Float64 => Float64Tolerance,
            DType.Float32 => @case.Float32Tolerance,
            _ => @case.BFloat16Tolerance!.Value,
        };
        var references = drawn.Select(ReferenceArray.Of).ToArray();
        var expected = @case.Reference(references);
        var inputs = drawn.Select(input => input.To(device)).ToArray();

        // An output's type follows from the inputs' and is known once it is there.
        var types = Apply(@case, inputs).Select(output => output.DType).ToArray();
        if (types.Length != expected.Length) throw new InvalidOperationException($"{@case}: {types.Length} outputs, the reference has {expected.Length}");
        var cotangents = expected.Select((output, i) => Tensor.Uniform(output.Shape, new RandomSource(2, (ulong)i), -1, 1, dtype.Accurate()).Convert(types[i])).ToArray();
        var onDevice = cotangents.Select(cotangent => cotangent.To(device)).ToArray();
        var (outputs, gradients) = Compute(@case, inputs, onDevice);
        for (var i = 0; i < outputs.Length; i++)
        {
            yield return new(@case.ToString(), dtype, $"output {i}", Error(outputs[i], expected[i]), tolerance);
        }

        if (@case.ReferenceGradient is { } reference)
        {
            var expectedGradients = reference(references, [.. cotangents.Select(ReferenceArray.Of)]);
            for (var i = 0; i < inputs.Length; i++)
            {
                if (expectedGradients[i] is not { } array) continue;
                var error = gradients[i] is { } gradient ? Error(gradient, array) : double.PositiveInfinity;
                yield return new(@case.ToString(), dtype, $"gradient {i}", error, tolerance);
            }
        }

        if (@case.Differentiable && dtype == DType.Float64 && device.IsCpu && inputs.Sum(input => input.Count) <= LargestDifference)
        {
            yield return new(@case.ToString(), dtype, "central differences", GradientCheck.Run(@case.Apply, inputs).Error, DifferenceTolerance);
        }

        var threads = CpuTeam.Threads;
        var differing = 0;
        try
        {
            if (device.IsCpu) CpuTeam.Threads = threads == 1 ? 3 : 1;
            var (again, gradientsAgain) = Compute(@case, inputs, onDevice);
            differing = again.Zip(outputs).Count(pair => !SameBits(pair.First, pair.Second))
                + gradientsAgain.Zip(gradients).Count(pair => !SameBits(pair.First, pair.Second));
        }
        finally
        {
            CpuTeam.Threads = threads;
        }

        yield return new(@case.ToString(), dtype, device.IsCpu ? "tensors that differ between thread counts" : "tensors that differ between runs", differing, 0);
    }

    private static Tensor[] Apply(ConformanceCase @case, Tensor[] inputs)
    {
        using var pause = Tape.Pause();
        return @case.Apply(inputs);
    }

    /// <summary>
    /// Outputs and gradients. What the operation saw is released before the reverse pass, so that a rule which reads what the
    /// operation did not save fails.
    /// </summary>
    private static (Tensor[] Outputs, Tensor?[] Gradients) Compute(ConformanceCase @case, Tensor[] inputs, Tensor[] cotangents)
    {
        if (!@case.Differentiable) return (@case.Apply(inputs), []);
        var leaves = inputs.Select(input => input.Clone()).ToArray();
        foreach (var leaf in leaves) leaf.RequiresGradient = leaf.DType.IsFloating();
        using var tape = new Tape();
        var seen = leaves.Select(leaf => leaf.RequiresGradient ? Transfer.Copy(leaf) : leaf.Clone()).ToArray();
        var outputs = @case.Apply(seen);
        var copies = outputs.Select(output => output.Clone()).ToArray();
        foreach (var tensor in seen.Concat(outputs)) tensor.Dispose();
        tape.Backward(outputs, cotangents);
        return (copies, [.. leaves.Select(leaf => leaf.Gradient)]);
    }

    private static Tensor Draw(CaseInput input, int index, DType dtype)
    {
        var uniform = Tensor.Uniform(input.Shape, new RandomSource(3, (ulong)index), input.Low, input.High, input.Integer is null ? dtype.Accurate() : DType.Float64);
        if (input.Integer is not { } integer) return uniform.Convert(input.IsParameter ? dtype.Accurate() : dtype);
        foreach (ref var value in uniform.Span<double>()) value = Math.Floor(value);
        return uniform.Convert(integer);
    }

    private static double Error(Tensor actual, ReferenceArray expected)
    {
        if (actual.Shape != expected.Shape) throw new InvalidOperationException($"shape {actual.Shape}, the reference has {expected.Shape}");
        double scale = 1, worst = 0;
        var values = actual.ToArray<double>();
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsFinite(expected.Values[i])) scale = Math.Max(scale, Math.Abs(expected.Values[i]));
            if (values[i].Equals(expected.Values[i])) continue;
            var error = Math.Abs(values[i] - expected.Values[i]);
            if (!(error <= worst)) worst = double.IsNaN(error) ? double.PositiveInfinity : error;
        }

        return worst / scale;
    }

    private static bool SameBits(Tensor? left, Tensor? right)
    {
        if (left is null || right is null) return left is null && right is null;
        using var scope = new TensorScope();
        return Bytes(left.To(Device.Cpu)).SequenceEqual(Bytes(right.To(Device.Cpu)));
    }

    private static unsafe ReadOnlySpan<byte> Bytes(Tensor tensor) => new(tensor.Bytes(), checked((int)(tensor.Count * tensor.DType.Size())));
}
