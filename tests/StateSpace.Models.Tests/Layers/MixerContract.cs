using StateSpace.Models.Layers;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Models.Tests.Layers;

/// <summary>What every mixer promises: the same outputs, final state and gradients however the sequence is cut, and nothing seen across a reset.</summary>
internal static class MixerContract
{
    public static readonly int[] Lengths = [1, 2, 3, 15, 17, 63, 65];

    /// <summary>Reads the sequence at once, step by step and in odd chunks, in one type, and compares.</summary>
    /// <param name="create">Makes the mixer with its own values.</param>
    /// <param name="width">D.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    public static void CheckPieces(Func<SequenceMixer> create, long width, DType dtype)
    {
        using var mixer = create();
        mixer.Convert(dtype);
        foreach (var length in Lengths)
        {
            using var scope = new TensorScope();
            var x = Tensor.Normal([2, length, width], new(1, (ulong)length), dtype: dtype);
            var (whole, final) = mixer.Forward(x);
            foreach (var chunk in new[] { 1, 3, 16 })
            {
                var (pieces, end) = InChunks(mixer, x, chunk);
                Same(whole, pieces, dtype, $"outputs of {length} steps in chunks of {chunk}");
                SameState(final, end, dtype, $"state after {length} steps in chunks of {chunk}");
            }

            var (fromZero, _) = mixer.Forward(x, mixer.InitialState(2));
            Same(whole, fromZero, dtype, $"outputs of {length} steps from the initial state");
        }
    }

    /// <summary>Gradients of inputs, parameters and initial state are the same at once and in chunks.</summary>
    public static void CheckGradients(Func<SequenceMixer> create, long width)
    {
        using var mixer = create();
        mixer.Convert(DType.Float64);
        foreach (var length in new[] { 3, 17 })
        {
            var whole = Gradients(mixer, width, length, length);
            foreach (var chunk in new[] { 1, 5 })
            {
                var pieces = Gradients(mixer, width, length, chunk);
                Assert.Equal(whole.Count, pieces.Count);
                foreach (var (name, expected) in whole) Same(expected, pieces[name], 1e-9, $"gradient of {name}, {length} steps in chunks of {chunk}");
            }
        }
    }

    /// <summary>The gradient of each parameter and of the input agrees with central differences.</summary>
    public static void CheckDifferences(Func<SequenceMixer> create, long width, double tolerance = 2e-6)
    {
        using var mixer = create();
        mixer.Convert(DType.Float64);
        using var outer = new TensorScope();
        var x = Tensor.Normal([2, 5, width], new(5), dtype: DType.Float64).WithGradient();
        var cotangent = Tensor.Normal([2, 5, width], new(6), dtype: DType.Float64);
        using (var tape = new Tape()) tape.Backward([mixer.Forward(x).Y], [cotangent]);
        foreach (var (name, leaf) in mixer.Parameters.Select(parameter => (parameter.Name, parameter.Value)).Append(("x", x)))
        {
            Assert.True(leaf.Gradient is not null, $"{name} got no gradient");
            var scale = Math.Max(1, leaf.Gradient.ToArray<double>().Max(Math.Abs));
            for (long i = 0; i < leaf.Count; i += Math.Max(1, leaf.Count / 7))
            {
                var value = leaf.GetValue(i);
                const double Step = 1e-5;
                var difference = (At(value + Step) - At(value - Step)) / (2 * Step);
                leaf.SetValue(i, value);
                Assert.True(Math.Abs(difference - leaf.Gradient.GetValue(i)) <= tolerance * scale, $"{name}[{i}]: gradient {leaf.Gradient.GetValue(i):G6} but difference {difference:G6}");

                double At(double changed)
                {
                    using var scope = new TensorScope();
                    leaf.SetValue(i, changed);
                    return (mixer.Forward(x).Y * cotangent).Sum().Item();
                }
            }
        }

        foreach (var parameter in mixer.Parameters) parameter.Value.ZeroGradient();
    }

    /// <summary>Sequences packed with resets give what each gives by itself, in one piece and in chunks with a carried state.</summary>
    public static void CheckResets(Func<SequenceMixer> create, long width)
    {
        using var mixer = create();
        mixer.Convert(DType.Float64);
        using var scope = new TensorScope();
        const int Length = 23;
        var x = Tensor.Normal([2, Length, width], new(7), dtype: DType.Float64);
        int[][] starts = [[0, 4, 5, 17], [0, 11, 22]];
        var flags = new int[2 * Length];
        for (var b = 0; b < 2; b++)
        {
            foreach (var start in starts[b].Skip(1)) flags[(b * Length) + start] = 1;
        }

        var resets = Tensor.From<int>(flags, [2, Length]);
        var expected = Tensor.Concatenate(0, [.. Enumerable.Range(0, 2).Select(b => Tensor.Concatenate(1, [.. starts[b].Select((start, i) =>
            mixer.Forward(x.Slice(0, b, 1).Slice(1, start, (i + 1 < starts[b].Length ? starts[b][i + 1] : Length) - start)).Y)]))]);
        foreach (var chunk in new[] { Length, 1, 3, 8 }) Same(expected, InChunks(mixer, x, chunk, resets).Y, 1e-9, $"packed sequences in chunks of {chunk}");
    }

    public static (Tensor Y, State State) InChunks(SequenceMixer mixer, Tensor x, int chunk, Tensor? resets = null, State? state = null)
    {
        var outputs = new List<Tensor>();
        for (long start = 0; start < x.Shape[1]; start += chunk)
        {
            var length = Math.Min(chunk, x.Shape[1] - start);
            (var y, state) = mixer.Forward(x.Slice(1, start, length), state, resets?.Slice(1, start, length));
            outputs.Add(y);
        }

        Assert.Equal(x.Shape[1], state!.Position);
        return (Tensor.Concatenate(1, [.. outputs]), state);
    }

    public static void Same(Tensor expected, Tensor actual, DType dtype, string what) => Same(expected, actual, dtype == DType.Float64 ? 1e-10 : 1e-5, what);

    public static void Same(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Same(expected.ToArray<double>(), actual.ToArray<double>(), tolerance, what);
    }

    private static void Same(double[] expected, double[] actual, double tolerance, string what)
    {
        var scale = Math.Max(1, expected.Select(Math.Abs).DefaultIfEmpty(0).Max());
        var error = expected.Zip(actual, (a, b) => Math.Abs(a - b)).DefaultIfEmpty(0).Max();
        Assert.True(error <= tolerance * scale, $"{what}: error {error:G3} at scale {scale:G3}, tolerance {tolerance:G3}");
    }

    private static void SameState(State expected, State actual, DType dtype, string what)
    {
        Assert.Equal(expected.Position, actual.Position);
        Assert.Equal(expected.Parts.Select(part => part.Name), actual.Parts.Select(part => part.Name));
        foreach (var (name, value) in expected.Parts) Same(value, actual[name], dtype, $"{what}, part {name}");
    }

    private static Dictionary<string, double[]> Gradients(SequenceMixer mixer, long width, int length, int chunk)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var x = Tensor.Normal([2, length, width], new(2), dtype: DType.Float64).WithGradient();
        var zero = mixer.InitialState(2);
        var random = new RandomSource(4);
        var initial = new State(2, 0, [.. zero.Parts.Select(part => (part.Name, Start(part.Value, random)))]);
        var (y, state) = InChunks(mixer, x, chunk, state: initial);
        var outputs = state.Parts.Select(part => part.Value).Where(value => value.DType.IsFloating() && value.Count > 0).Prepend(y).ToArray();
        var seeds = outputs.Select((output, i) => Tensor.Normal(output.Shape, new(3, (ulong)i), dtype: DType.Float64)).ToArray();
        tape.Backward(outputs, seeds);
        var gradients = new Dictionary<string, double[]>(StringComparer.Ordinal) { ["x"] = x.Gradient!.ToArray<double>() };
        foreach (var (name, value) in initial.Parts)
        {
            if (value.Gradient is { } gradient) gradients["state " + name] = gradient.ToArray<double>();
        }

        foreach (var parameter in mixer.Parameters)
        {
            if (parameter.Value.Gradient is not { } gradient) continue;
            gradients[parameter.Name] = gradient.ToArray<double>();
            parameter.Value.ZeroGradient();
        }

        return gradients;
    }

    private static Tensor Start(Tensor zero, RandomSource random) =>
        zero.DType.IsFloating() && zero.Count > 0 ? Tensor.Normal(zero.Shape, random, dtype: zero.DType).WithGradient() : zero;

}
