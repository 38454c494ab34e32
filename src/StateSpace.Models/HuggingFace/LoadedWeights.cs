using StateSpace.Models.Checkpoints;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Models.HuggingFace;

/// <summary>Moves weights between a model's parameters and files, whose names and shapes may differ.</summary>
internal static class LoadedWeights
{
    private const string Gate = ".gate_proj.weight", Up = ".up_proj.weight", Down = ".down_proj.weight", Expert = ".experts.";

    /// <summary>Gives every parameter the values of a file: mapped where the file holds Float32, otherwise converted.</summary>
    /// <returns>Names of the tensors that no parameter took.</returns>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape or a type that is no floating-point one.</exception>
    public static List<string> Fill(SequenceModel model, Architecture architecture, WeightFiles weights)
    {
        var unused = weights.Entries.Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var parameter in model.Parameters)
        {
            using var scope = new TensorScope();
            var name = architecture.FileName(parameter.Name, model.Configuration);
            parameter.Replace(Find(parameter, name, weights, unused));
        }

        return [.. unused.Order(StringComparer.Ordinal)];
    }

    /// <summary>The tensors of a file: the parameters in the file's names and shapes, as views.</summary>
    public static IEnumerable<(string Name, Tensor Value)> Of(SequenceModel model, Architecture architecture) =>
        model.Parameters.Select(parameter => (
            architecture.FileName(parameter.Name, model.Configuration),
            parameter.Value.Detach().Reshape(ShapeInFile(parameter, architecture))));

    /// <summary>
    /// The part of a fused tensor of all experts that a parameter of one expert is: the tensor's name, the expert and the first row of its matrix.
    /// </summary>
    /// <remarks>
    /// transformers keeps the experts of a layer as <c>experts.gate_up_proj</c>, (experts, 2 · hidden, D), gate before up, and
    /// <c>experts.down_proj</c>.
    /// </remarks>
    public static (string Name, long Expert, long Row)? Fused(string name, Parameter parameter)
    {
        var start = name.IndexOf(Expert, StringComparison.Ordinal);
        if (start < 0) return null;
        var rest = name[(start + Expert.Length)..];
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        var prefix = name[..(start + Expert.Length)];
        return (long.Parse(rest[..dot]), rest[dot..]) switch
        {
            var (expert, gate) when gate == Gate => (prefix + "gate_up_proj", expert, 0),
            var (expert, up) when up == Up => (prefix + "gate_up_proj", expert, parameter.Value.Shape[0]),
            var (expert, down) when down == Down => (prefix + "down_proj", expert, 0),
            _ => null,
        };
    }

    private static Tensor Find(Parameter parameter, string name, WeightFiles weights, HashSet<string> unused)
    {
        var shape = parameter.Value.Shape;
        if (!weights.Contains(name) && Fused(name, parameter) is { } fused && weights.Contains(fused.Name))
        {
            unused.Remove(fused.Name);
            var all = Values(weights, fused.Name);
            var fits = all.Rank == 3 && fused.Expert < all.Shape[0] && fused.Row + shape[0] <= all.Shape[1] && all.Shape[2] == shape[1];
            if (!fits) throw Misfit(weights, fused.Name, all.Shape, parameter);
            return all.Slice(0, fused.Expert, 1).Squeeze(0).Slice(0, fused.Row, shape[0]);
        }

        name = OtherNames(name).FirstOrDefault(weights.Contains, name);
        var entry = weights[name];
        unused.Remove(name);
        if (entry.Shape != shape && entry.Shape != FileShape(parameter)) throw Misfit(weights, name, entry.Shape, parameter);
        return Values(weights, name).Reshape(shape);
    }

    /// <summary>
    /// Names under which transformers finds a tensor too: without the prefix of the model below the head, as that model alone is saved, and with
    /// the embedding's name in the singular, as in the first checkpoints of mamba.
    /// </summary>
    private static IEnumerable<string> OtherNames(string name)
    {
        yield return name;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (name[..dot] is "backbone" or "model") yield return name[(dot + 1)..];
        yield return name.Replace("embeddings.", "embedding.", StringComparison.Ordinal);
    }

    private static Tensor Values(WeightFiles weights, string name)
    {
        var entry = weights[name];
        if (entry.LoadsAs is { } type && !type.IsFloating())
        {
            throw new CheckpointException(weights.Path, $"tensor '{name}' is {entry.Type}: weights must be floating-point numbers");
        }

        return entry.MapsAs == DType.Float32 ? weights.Map(name) : weights.Load(name).Convert(DType.Float32);
    }

    // A depthwise convolution of PyTorch has an axis of one input channel.
    private static Shape FileShape(Parameter parameter) =>
        parameter.Name.EndsWith(".conv1d.weight", StringComparison.Ordinal) ? parameter.Value.Shape.Insert(1, 1) : parameter.Value.Shape;

    private static Shape ShapeInFile(Parameter parameter, Architecture architecture) => architecture is OwnArchitecture ? parameter.Value.Shape : FileShape(parameter);

    private static CheckpointException Misfit(WeightFiles weights, string name, Shape shape, Parameter parameter) =>
        new(weights.Path, $"tensor '{name}' is {shape}, but {ConfigFile.Name} makes {parameter.Name} {parameter.Value.Shape}");
}
