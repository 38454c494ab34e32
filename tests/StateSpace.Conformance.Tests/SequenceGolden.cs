using StateSpace.Models.Checkpoints;

namespace StateSpace.Tensors.Conformance.Tests;

/// <summary>Float64 tensors of one recorded file: inputs <c>in.*</c>, outputs <c>out.*</c>, their cotangents and the gradients.</summary>
internal sealed class SequenceGolden
{
    private readonly Dictionary<string, (Shape Shape, double[] Values)> _tensors = new(StringComparer.Ordinal);

    /// <param name="name">File name in tests/golden/operations without its extension.</param>
    public SequenceGolden(string name)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(Folder(), name + ".safetensors"));
        foreach (var (key, tensor) in file.LoadAll()) _tensors[key] = (tensor.Shape, tensor.ToArray<double>());
    }

    public Tensor this[string name] => Tensor.From<double>(_tensors[name].Values, _tensors[name].Shape);

    public Tensor Leaf(string name) => this["in." + name].WithGradient();

    /// <summary>The real (0) or imaginary (1) part of a complex tensor, whose last axis has size 2.</summary>
    public Tensor Part(string name, int part)
    {
        var (shape, values) = _tensors[name];
        return Tensor.From<double>(values.Where((_, i) => i % 2 == part).ToArray(), shape.Without(-1));
    }

    public static void AssertClose(Tensor expected, Tensor? actual, double tolerance, string what)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Shape, actual.Shape);
        double[] left = expected.ToArray<double>(), right = actual.ToArray<double>();
        var scale = Math.Max(1, left.Select(Math.Abs).DefaultIfEmpty(0).Max());
        var error = left.Zip(right, (a, b) => Math.Abs(a - b)).DefaultIfEmpty(0).Max();
        Assert.True(error <= tolerance * scale, $"{what}: error {error:G3} at scale {scale:G3}, tolerance {tolerance:G3}");
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", "golden", "operations");
            if (Directory.Exists(candidate)) return candidate;
        }

        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds tests/golden/operations");
    }
}
