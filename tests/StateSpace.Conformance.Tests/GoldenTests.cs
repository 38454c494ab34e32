using System.Text.RegularExpressions;
using StateSpace.Models.Checkpoints;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Operations.Attention;
using StateSpace.Tensors.Operations.CausalConvolution;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.GatedRmsNorm;
using StateSpace.Tensors.Operations.LayerNorm;
using StateSpace.Tensors.Operations.LinearAttention;
using StateSpace.Tensors.Operations.RmsNorm;
using StateSpace.Tensors.Operations.SelectiveScan;
using StateSpace.Tensors.Operations.Ssd;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>
/// Operations against values and gradients recorded from PyTorch in double: files golden/operations/OPERATION[.CASE].safetensors with
/// tensors in.*, out.*, cotangent.* and grad.*.
/// </summary>
public sealed partial class GoldenTests
{
    /// <summary>Operation of a file → from its inputs to its outputs, by name. A new golden operation is one line.</summary>
    private static readonly Dictionary<string, Func<Dictionary<string, Tensor>, Dictionary<string, Tensor>>> Operations = new(StringComparer.Ordinal)
    {
        ["activation.gelu"] = x => new() { ["y"] = x["x"].Gelu() },
        ["activation.gelu_tanh"] = x => new() { ["y"] = x["x"].GeluTanh() },
        ["activation.sigmoid"] = x => new() { ["y"] = x["x"].Sigmoid() },
        ["activation.silu"] = x => new() { ["y"] = x["x"].Silu() },
        ["activation.softplus"] = x => new() { ["y"] = x["x"].Softplus() },
        ["activation.tanh"] = x => new() { ["y"] = x["x"].Tanh() },
        ["attention_causal_window"] = x => new() { ["y"] = Attention.Apply(x["q"], x["k"], x["v"], x["window"].ToArray<long>()[0]) },
        ["causal_conv1d_silu"] = CausalConvolutionWithSilu,
        ["cross_entropy"] = x => new() { ["loss"] = CrossEntropy.Apply(x["logits"], x["target"]).Reshape(1) },
        ["gated_rms_norm"] = x => new() { ["y"] = GatedRmsNorm.Apply(x["x"], x["z"], x["weight"]) },
        ["layer_norm"] = x => new() { ["y"] = LayerNorm.Apply(x["x"], x["weight"], x["bias"]) },
        ["linear_attention_causal"] = LinearAttentionOfOneHead,
        ["rms_norm"] = x => new() { ["y"] = RmsNorm.Apply(x["x"], x["weight"]) },
        ["selective_scan"] = SelectiveScanOfMamba,
        ["ssd"] = StateSpaceDual,
    };

    /// <summary>Recordings with complex tensors, and of models made of several operations, which have tests of their own.</summary>
    private static readonly Regex Compositions = new("^(s4d|selective_scan_complex)\\.", RegexOptions.None, TimeSpan.FromSeconds(1));

    public GoldenTests() => MemoryPool.Poison = true;

    public static TheoryData<string, DType> Cases
    {
        get
        {
            var cases = new TheoryData<string, DType>();
            foreach (var file in Directory.EnumerateFiles(Folder, "*.safetensors").Select(Path.GetFileNameWithoutExtension).Where(file => !Compositions.IsMatch(file!)).Order(StringComparer.Ordinal))
            {
                cases.Add(file!, DType.Float64);
                cases.Add(file!, DType.Float32);
            }

            return cases;
        }
    }

    private static Dictionary<string, Tensor> CausalConvolutionWithSilu(Dictionary<string, Tensor> x)
    {
        var (y, final) = CausalConvolution.Apply(x["x"], x["weight"], x["bias"], x["initial"], ConvolutionActivation.Silu);
        return new() { ["y"] = y, ["final"] = final };
    }

    private static Dictionary<string, Tensor> SelectiveScanOfMamba(Dictionary<string, Tensor> x)
    {
        var (y, final) = SelectiveScan.Apply(x["u"], x["delta"], x["A"], x["B"], x["C"], x["D"], x["z"], x["delta_bias"], softplus: true, x["h0"]);
        return new() { ["y"] = y, ["state"] = final };
    }

    private static Dictionary<string, Tensor> LinearAttentionOfOneHead(Dictionary<string, Tensor> x)
    {
        var (y, _) = LinearAttention.Apply(WithHead(x["q"]), WithHead(x["k"]), WithHead(x["v"]));
        return new() { ["y"] = y.Reshape(x["v"].Shape) };

        static Tensor WithHead(Tensor tensor) => tensor.Reshape(tensor.Shape[0], tensor.Shape[1], 1, tensor.Shape[2]);
    }

    private static Dictionary<string, Tensor> StateSpaceDual(Dictionary<string, Tensor> x)
    {
        var (y, final) = Ssd.Apply(x["x"], x["dt"], x["A"], x["B"], x["C"], x["D"], x["h0"]);
        return new() { ["y"] = y, ["state"] = final };
    }

    private static IReadOnlyDictionary<string, Tensor> Read(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        return file.LoadAll();
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "golden", "operations");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Operations_equal_what_PyTorch_computes(string file, DType dtype)
    {
        var name = CaseNumber().Replace(file, "");
        var operation = Operations[name];
        var tolerance = dtype == DType.Float64 ? 1e-10 : 1e-5;
        using var scope = new TensorScope();
        var golden = Read(Path.Combine(Folder, file + ".safetensors"));
        var inputs = Part("in.").ToDictionary(entry => entry.Name, entry => Rounded(entry.Tensor), StringComparer.Ordinal);
        foreach (var input in inputs.Values) input.RequiresGradient = input.DType.IsFloating();

        using var tape = new Tape();
        var outputs = operation(inputs);
        Assert.All(Part("out."), entry => AssertClose(outputs[entry.Name], entry.Tensor, tolerance));
        tape.Backward(
            [.. Part("cotangent.").Select(entry => outputs[entry.Name])],
            [.. Part("cotangent.").Select(entry => Rounded(entry.Tensor))]);
        Assert.All(Part("grad."), entry => AssertClose(inputs[entry.Name].Gradient!, entry.Tensor, tolerance));

        IEnumerable<(string Name, Tensor Tensor)> Part(string prefix) =>
            golden.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => (entry.Key[prefix.Length..], entry.Value));

        Tensor Rounded(Tensor tensor) => tensor.DType.IsFloating() ? tensor.Convert(dtype) : tensor;
    }

    [Fact]
    public void Every_mapped_operation_has_a_golden_file()
    {
        var files = Cases.Select(row => CaseNumber().Replace((string)row[0], "")).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(Operations.Keys.Except(files, StringComparer.Ordinal));
    }

    /// <summary>|error| relative to max(1, largest |expected|).</summary>
    private static void AssertClose(Tensor actual, Tensor expected, double tolerance)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        var (values, truth) = (actual.ToArray<double>(), expected.ToArray<double>());
        var scale = truth.Select(Math.Abs).Append(1).Max();
        for (var i = 0; i < truth.Length; i++)
        {
            Assert.True(Math.Abs(values[i] - truth[i]) <= tolerance * scale, $"{values[i]:G17} at {i} of {actual.Shape}, PyTorch has {truth[i]:G17}");
        }
    }

    [GeneratedRegex(@"\.\d+$", RegexOptions.None, 1000)]
    private static partial Regex CaseNumber();
}
