using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Cli.Commands;
using StateSpace.Models.Checkpoints;
using StateSpace.Studies.ComplexVersusReal;
using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Cli.Realize;

/// <summary>A realization report as JSON and as safetensors.</summary>
internal static class RealizationFiles
{
    public static JsonObject ToJson(RealizationReport report, double[]? output, string system)
    {
        var json = new JsonObject
        {
            ["length"] = report.Target.Length,
            ["epsilon"] = report.Epsilon,
            ["complex"] = new JsonArray([.. report.Complex.Select(entry => (JsonNode)Complex(entry))]),
            ["real"] = Real(report.Real),
            ["real_lower_bound"] = Bound(report.RealBound),
            ["non_negative_lower_bound"] = Bound(report.NonNegativeBound),
        };
        if (output is not null) json["run"] = new JsonObject { ["system"] = system, ["output"] = Numbers(output) };
        return json;
    }

    /// <summary>Writes realization.json and systems.safetensors, and output.csv where a system was run.</summary>
    /// <exception cref="RunFolderException">The folder holds files already or is not writable.</exception>
    public static void Write(string folder, bool overwrite, RealizationReport report, double[]? output, string system)
    {
        if (File.Exists(folder)) throw RunFolderException.Unusable(folder, "is a file; choose another folder with --out");
        if (!overwrite && Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw RunFolderException.Unusable(folder, "is not empty; choose another --out, or replace the files of a realization there with --overwrite");
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(folder, 4096, error);
            throw;
        }

        using var scope = new TensorScope();
        var tensors = new List<(string, Tensor)> { ("target", Tensor.From([.. report.Target])) };
        foreach (var entry in report.Complex) tensors.AddRange(Tensors(Key(entry.Name), entry.System));
        tensors.AddRange([("real.A", Tensor.From([.. report.Real.System.A])), ("real.B", Tensor.From([.. report.Real.System.B])), ("real.C", Tensor.From([.. report.Real.System.C]))]);
        SafeTensorsWriter.Write(Path.Combine(folder, "systems.safetensors"), tensors, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["form"] = "x(t) = A x(t-1) + B u(t), y(t) = Re(C x(t)), A diagonal; the impulse response is Re(C A^k B), k from 0",
        });
        if (output is not null) AtomicFile.WriteText(Path.Combine(folder, "output.csv"), string.Join('\n', output.Select(value => value.ToString("R"))) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, "realization.json"), ToJson(report, output, system).ToJsonString(CommonOptions.JsonFormat) + "\n");
    }

    /// <summary>A system's name on the command line and in files: lower case with hyphens.</summary>
    public static string Key(string name) => name.ToLowerInvariant().Replace(' ', '-');

    private static IEnumerable<(string, Tensor)> Tensors(string name, ComplexRealization system) =>
        from part in new[] { ("A", system.A), ("B", system.B), ("C", system.C) }
        from component in new (string Suffix, Func<Complex, double> Of)[] { ("re", value => value.Real), ("im", value => value.Imaginary) }
        select ($"{name}.{part.Item1}.{component.Suffix}", Tensor.From([.. part.Item2.Select(component.Of)]));

    private static JsonObject Complex(ComplexEntry entry) => new()
    {
        ["name"] = Key(entry.Name),
        ["source"] = entry.Source,
        ["states"] = entry.System.States,
        ["norm_b"] = entry.System.InputNorm,
        ["norm_c"] = entry.System.OutputNorm,
        ["largest_weight"] = entry.System.MaximumMagnitude,
        ["total_weight"] = entry.System.TotalMagnitude,
        ["error"] = Number(entry.Error),
        ["error_float32"] = Number(entry.ErrorInSingle),
    };

    private static JsonObject Real(RealEntry entry) => new()
    {
        ["states"] = entry.System.States,
        ["exists_in_double"] = entry.ExistsInDouble,
        ["exists_in_float32"] = entry.ExistsInSingle,
        ["norm_b"] = Number(entry.System.InputNorm),
        ["norm_c"] = entry.System.OutputNorm,
        ["largest_weight"] = Number(entry.System.MaximumMagnitude),
        ["total_weight"] = Number(entry.System.TotalMagnitude),
        ["error"] = Number(entry.Error),
        ["error_float32"] = Number(entry.ErrorInSingle),
    };

    private static JsonObject Bound(MagnitudeLowerBound bound) => new() { ["value"] = Number(bound.Value), ["is_exact"] = bound.IsExact, ["method"] = bound.Method };

    private static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(Number)]);

    /// <summary>JSON has no infinity and no NaN: they are texts.</summary>
    private static JsonNode Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString());
}
