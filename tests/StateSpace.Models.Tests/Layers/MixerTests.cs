using StateSpace.Models.Layers;
using StateSpace.Tensors;

namespace StateSpace.Models.Tests.Layers;

/// <summary>The contract of every mixer beside S4D, whose convolution has tests of its own.</summary>
public sealed class MixerTests
{
    private const long Width = 6;

    private static readonly Dictionary<string, MixerSettings> Settings = new(StringComparer.Ordinal)
    {
        ["mamba"] = new MambaSettings { StateSize = 5 },
        ["mamba with biases, plain norms"] = new MambaSettings { StateSize = 3, Bias = true, ConvolutionBias = false, InputNorm = ScanInputNorm.Plain, Inner = 10, DeltaRank = 2 },
        ["mamba with scaled norms"] = new MambaSettings { StateSize = 4, InputNorm = ScanInputNorm.Scaled, ConvolutionSize = 1 },
        ["mamba2"] = new Mamba2Settings { StateSize = 5, HeadSize = 3, Groups = 2, Chunk = 8 },
        ["mamba2 with limits"] = new Mamba2Settings { StateSize = 3, HeadSize = 4, Bias = true, SmallestDelta = 0.01, LargestDelta = 0.05, NormGroups = 3, Chunk = 5 },
        ["s6 real"] = new S6Settings { StateSize = 4 },
        ["s6 signed"] = new S6Settings { StateSize = 4, SignedGates = true },
        ["s6 signed, all constant"] = new S6Settings { StateSize = 3, SignedGates = true, SelectiveB = false, SelectiveC = false, SelectiveDelta = false },
        ["s6 by rotations"] = new S6Settings { StateSize = 6, Complex = true, Rotations = true },
        ["s6 by rotations, all constant"] = new S6Settings { StateSize = 4, Complex = true, Rotations = true, SelectiveB = false, SelectiveC = false, SelectiveDelta = false },
        ["s6 complex"] = new S6Settings { StateSize = 6, Complex = true },
        ["s6 real, constant B"] = new S6Settings { StateSize = 3, SelectiveB = false },
        ["s6 complex, constant C"] = new S6Settings { StateSize = 4, Complex = true, SelectiveC = false },
        ["s6 complex, constant step"] = new S6Settings { StateSize = 4, Complex = true, SelectiveDelta = false },
        ["s6 real, all constant"] = new S6Settings { StateSize = 4, SelectiveB = false, SelectiveC = false, SelectiveDelta = false },
        ["h3"] = new H3Settings { StateSize = 8, InitialDeviation = 0.5 },
        ["h3 with heads"] = new H3Settings { StateSize = 4, HeadSize = 3, Discretization = Discretization.ZeroOrderHold, InitialDeviation = 0.5 },
        ["attention"] = new AttentionSettings { Heads = 3, InitialDeviation = 0.5 },
        ["attention, grouped, rotary"] = new AttentionSettings { Heads = 6, KeyHeads = 2, HeadSize = 4, RotaryBase = 10000, Bias = true, InitialDeviation = 0.5 },
        ["attention, window"] = new AttentionSettings { Heads = 2, KeyHeads = 1, HeadSize = 2, Window = 4, InitialDeviation = 0.5 },
        ["attention, window of one"] = new AttentionSettings { Heads = 2, Window = 1, InitialDeviation = 0.5 },
        ["linear attention"] = new LinearAttentionSettings { Heads = 2, InitialDeviation = 0.5 },
        ["linear attention, plain"] = new LinearAttentionSettings { Heads = 3, KeySize = 4, ValueSize = 1, FeatureMap = FeatureMap.Identity, Normalized = false, InitialDeviation = 0.5 },
        ["s4d"] = new S4dSettings { StateSize = 4, Output = S4dOutput.None },
    };

    public static TheoryData<string> Names => [.. Settings.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sequence_at_once_equals_chunks_equals_steps(string name)
    {
        foreach (var dtype in new[] { DType.Float64, DType.Float32 }) MixerContract.CheckPieces(() => Create(name), Width, dtype);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_at_once_equal_those_in_chunks(string name) => MixerContract.CheckGradients(() => Create(name), Width);

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_agree_with_central_differences(string name) => MixerContract.CheckDifferences(() => Create(name), Width);

    [Theory]
    [MemberData(nameof(Names))]
    public void Packed_sequences_do_not_see_each_other_and_resets_work_with_a_carried_state(string name) => MixerContract.CheckResets(() => Create(name), Width);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_frozen_layer_gives_the_same_bits_and_a_recorded_pass_still_reaches_the_parameters(string name)
    {
        using var mixer = Create(name);
        using var scope = new TensorScope();
        var x = Tensor.Normal([1, 9, Width], new(3));
        var before = mixer.Forward(x, mixer.InitialState(1)).Y.ToArray<float>();
        mixer.Freeze();
        Assert.Equal(before, mixer.Forward(x, mixer.InitialState(1)).Y.ToArray<float>());
        using var tape = new Tensors.Autograd.Tape();
        tape.Backward(mixer.Forward(x).Y.Square().Sum());
        Assert.All(mixer.Parameters, parameter => Assert.NotNull(parameter.Value.Gradient));
        mixer.Convert(DType.Float64);
        mixer.Convert(DType.Float32);
        Assert.Equal(before, mixer.Forward(x, mixer.InitialState(1)).Y.ToArray<float>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Float32_agrees_with_float64_in_outputs_and_gradients(string name)
    {
        using SequenceMixer single = Create(name), exact = Create(name);
        exact.Convert(DType.Float64);
        using var scope = new TensorScope();
        Tensor x = Tensor.Normal([2, 33, Width], new(6)), cotangent = Tensor.Normal([2, 33, Width], new(7));
        Tensor y = Run(single, x, cotangent), expected = Run(exact, x.Convert(DType.Float64), cotangent.Convert(DType.Float64));
        MixerContract.Same(expected, y.Convert(DType.Float64), 1e-5, "outputs");
        foreach (var (left, right) in exact.Parameters.Zip(single.Parameters))
        {
            MixerContract.Same(left.Value.Gradient!, right.Value.Gradient!.Convert(DType.Float64), 2e-5, $"gradient of {left.Name}");
        }

        static Tensor Run(SequenceMixer mixer, Tensor x, Tensor cotangent)
        {
            using var tape = new Tensors.Autograd.Tape();
            var y = mixer.Forward(x).Y;
            tape.Backward([y], [cotangent]);
            return y;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_output_depends_on_no_later_input(string name)
    {
        using var mixer = Create(name);
        mixer.Convert(DType.Float64);
        using var scope = new TensorScope();
        var x = Tensor.Normal([1, 12, Width], new(4), dtype: DType.Float64);
        var changed = Tensor.Concatenate(1, x.Slice(1, 0, 7), Tensor.Normal([1, 5, Width], new(5), dtype: DType.Float64));
        Tensor first = mixer.Forward(x).Y, second = mixer.Forward(changed).Y;
        MixerContract.Same(first.Slice(1, 0, 7), second.Slice(1, 0, 7), 1e-12, "outputs before a changed input");
        Assert.NotEqual(first.Slice(1, 7, 1).ToArray<double>(), second.Slice(1, 7, 1).ToArray<double>());
    }

    private static SequenceMixer Create(string name) => Settings[name].Create(Width, 2, new(new(9)));
}
