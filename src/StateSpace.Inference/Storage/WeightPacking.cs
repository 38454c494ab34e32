using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors.Operations.PackedMatMul;

namespace StateSpace.Inference.Storage;

/// <summary>Stores the matrices of a model's linear layers, its head included, in another type for inference. Vectors, convolutions and the scan's own parameters stay float32.</summary>
public static class WeightPacking
{
    /// <summary>Packs every linear layer anew; float32 takes a packing away.</summary>
    /// <param name="model">The model, in Float32. Its parameters keep their values, so that another storage type may follow.</param>
    /// <param name="storage">Storage type.</param>
    /// <exception cref="ArgumentException">A weight is not finite, which int8 cannot hold; the message names the layer.</exception>
    public static void Pack(this SequenceModel model, WeightStorage storage)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var (name, linear) in Linears(model))
        {
            linear.Packed?.Dispose();
            linear.Packed = null;
            if (storage == WeightStorage.Float32) continue;
            try
            {
                linear.Packed = new PackedLinear(PackedMatrix.From(linear.Weight, storage));
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"{name}: {error.Message}", error);
            }
        }
    }

    /// <summary>Bytes that one token's step reads of the model's weights: matrices as they are stored, everything else as it is, of the embedding one row.</summary>
    /// <param name="model">The model.</param>
    public static long BytesPerToken(this SequenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var linears = Linears(model).Select(entry => entry.Linear).ToList();
        var matrices = linears.Select(linear => linear.Weight).ToHashSet();
        var embedding = model.Parameters[0];
        var others = model.Parameters.Where(parameter => parameter != embedding && !matrices.Contains(parameter)).Sum(Bytes);
        return others + linears.Sum(linear => linear.Packed?.Bytes ?? Bytes(linear.Weight)) + (Bytes(embedding) / model.Configuration.Vocabulary);
    }

    private static long Bytes(Parameter parameter) => parameter.Value.Count * Tensors.DTypes.Size(parameter.Value.DType);

    private static IEnumerable<(string Name, Linear Linear)> Linears(SequenceModel model)
    {
        var found = Within("", model).ToList();
        if (!found.Exists(entry => entry.Linear == model.Head)) found.Add(("head", model.Head));
        return found;
    }

    private static IEnumerable<(string Name, Linear Linear)> Within(string prefix, Module module)
    {
        foreach (var (name, part) in module.Modules)
        {
            var path = prefix.Length == 0 ? name : $"{prefix}.{name}";
            if (part is Linear linear) yield return (path, linear);
            foreach (var inner in Within(path, part)) yield return inner;
        }
    }
}
