using System.Globalization;
using System.Text.Json.Nodes;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Layers;

namespace StateSpace.Models.HuggingFace;

/// <summary><c>mamba2</c>. The gated norm is over all inner channels, whatever the number of groups.</summary>
internal sealed class Mamba2Architecture : Architecture
{
    public override string ModelType => "mamba2";

    public override SequenceModelConfiguration Read(ConfigFile config)
    {
        RequireSilu(config);
        long width = config.Integer("hidden_size", absent: null), heads = config.Integer("num_heads", 128), size = config.Integer("head_dim", 64);
        var expand = config.Number("expand", 2);
        if (width * expand != heads * size)
        {
            throw new CheckpointException(config.Path, $"'num_heads' {heads} times 'head_dim' {size} must be 'expand' {expand} times 'hidden_size' {width}");
        }

        var limits = config.Numbers("time_step_limit") ?? [0, double.PositiveInfinity];
        if (limits.Length != 2 || !(limits[0] <= limits[1]))
        {
            throw new CheckpointException(config.Path, "'time_step_limit' must be the smallest and the largest step");
        }

        var epsilon = config.Number("layer_norm_epsilon", 1e-5);
        var mixer = new Mamba2Settings
        {
            StateSize = (int)config.Integer("state_size", 128),
            Expand = expand,
            HeadSize = size,
            Groups = config.Integer("n_groups", 8),
            NormEpsilon = epsilon,
            ConvolutionSize = (int)config.Integer("conv_kernel", 4),
            Bias = config.Flag("use_bias", absent: false),
            ConvolutionBias = config.Flag("use_conv_bias", absent: true),
            Chunk = config.Integer("chunk_size", 256),
            SmallestDelta = limits[0],
            LargestDelta = limits[1],
        };
        return new()
        {
            Vocabulary = config.Integer("vocab_size", absent: null),
            Width = width,
            Blocks = [.. Enumerable.Repeat(new BlockSettings(mixer), (int)config.Integer("num_hidden_layers", absent: null, maximum: 4096))],
            NormEpsilon = epsilon,
            TiedHead = config.Flag("tie_word_embeddings", absent: false),
        };
    }

    public override string FileName(string parameter, SequenceModelConfiguration configuration) =>
        parameter.StartsWith("lm_head.", StringComparison.Ordinal) ? parameter : $"backbone.{parameter}";

    public override JsonObject? Write(SequenceModelConfiguration configuration)
    {
        if (OnlyMixer<Mamba2Settings>(configuration) is not { NormGroups: 1 } mixer || mixer.NormEpsilon != configuration.NormEpsilon) return null;
        var config = Begin("Mamba2ForCausalLM", configuration);
        config["chunk_size"] = mixer.Chunk;
        config["conv_kernel"] = mixer.ConvolutionSize;
        config["expand"] = mixer.Expand;
        config["head_dim"] = mixer.HeadSize;
        config["layer_norm_epsilon"] = configuration.NormEpsilon;
        config["n_groups"] = mixer.Groups;
        config["num_heads"] = (long)(mixer.Expand * configuration.Width) / mixer.HeadSize;
        config["residual_in_fp32"] = true;
        config["state_size"] = mixer.StateSize;
        config["time_step_limit"] = new JsonArray(Limit(mixer.SmallestDelta), Limit(mixer.LargestDelta));
        config["time_step_rank"] = (configuration.Width + 15) / 16;
        config["time_step_min"] = mixer.StepSizes.Minimum;
        config["time_step_max"] = mixer.StepSizes.Maximum;
        config["time_step_floor"] = mixer.StepSizes.Floor;
        config["use_bias"] = mixer.Bias;
        config["use_conv_bias"] = mixer.ConvolutionBias;
        return config;
    }

    /// <summary>A number that Python reads as one with a fraction, which is what transformers demands here.</summary>
    private static JsonNode Limit(double value)
    {
        if (!double.IsFinite(value)) return new JsonObject { ["__float__"] = "Infinity" };
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().ContainsAny('.', 'E') ? text : $"{text}.0")!;
    }
}
