using System.Security.Cryptography;
using System.Text.Json.Nodes;
using StateSpace.Models;
using StateSpace.Models.Layers;

namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>A model folder whose weights a run begins with.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Sha256">Hash of its weight files, in the order of their names, in lower-case hexadecimal.</param>
public sealed record InitialWeights(string Path, string Sha256)
{
    /// <summary>What <c>model</c> says of such a run.</summary>
    public const string ModelName = "continued";

    /// <summary>Opens a model folder.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>What a run remembers of it, its model's configuration, and whether its state does not grow with the text.</returns>
    /// <exception cref="Models.Checkpoints.CheckpointException">It is no model folder.</exception>
    public static (InitialWeights Weights, JsonObject Architecture, bool IsRecurrent) Open(string path)
    {
        using var folder = ModelFolder.Load(path);
        var configuration = folder.Model.Configuration;
        return (new(path, Hash(path)), JsonNode.Parse(configuration.ToJson())!.AsObject(), !configuration.Blocks.Any(block => block.Mixer is AttentionSettings));
    }

    /// <summary>Gives a model the weights.</summary>
    /// <param name="model">A model of the folder's configuration.</param>
    /// <exception cref="TrainingInputException">The folder's files are others than when the run was planned.</exception>
    /// <exception cref="Models.Checkpoints.CheckpointException">It is no model folder.</exception>
    internal void Load(SequenceModel model)
    {
        if (!Directory.Exists(Path) || Hash(Path) != Sha256) throw new TrainingInputException($"{Path}: the weights that the run begins with are not there any more; start a new run");
        LanguageModelKinds.LoadWeights(Path, model);
    }

    private static string Hash(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.GetFiles(path, "*.safetensors").Order(StringComparer.Ordinal))
        {
            using var stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
