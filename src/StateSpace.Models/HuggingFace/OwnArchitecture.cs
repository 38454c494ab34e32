using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.HuggingFace;

/// <summary>
/// <c>statespace</c>: the form of every model that transformers does not have. The configuration lies under <c>model</c>; names are the model's
/// own.
/// </summary>
internal sealed class OwnArchitecture : Architecture
{
    private const string Key = "model";

    public override string ModelType => "statespace";

    public override SequenceModelConfiguration Read(ConfigFile config)
    {
        try
        {
            return SequenceModelConfiguration.Parse(config.Json(Key) ?? throw new CheckpointException(config.Path, $"'{Key}' is missing"));
        }
        catch (JsonException error)
        {
            throw new CheckpointException(config.Path, error.Message, error);
        }
    }

    public override string FileName(string parameter, SequenceModelConfiguration configuration) => parameter;

    public override JsonObject Write(SequenceModelConfiguration configuration) => new()
    {
        ["model_type"] = ModelType,
        [Key] = JsonNode.Parse(configuration.ToJson()),
    };
}
