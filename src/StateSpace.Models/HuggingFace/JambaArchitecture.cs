using System.Text.Json.Nodes;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Layers;

namespace StateSpace.Models.HuggingFace;

/// <summary>
/// <c>jamba</c>: Mamba layers with norms of Δ, B and C, attention without positions every few layers, gated MLPs, mixtures of them every few
/// layers.
/// </summary>
internal sealed class JambaArchitecture : Architecture
{
    public override string ModelType => "jamba";

    public override SequenceModelConfiguration Read(ConfigFile config)
    {
        RequireSilu(config);
        long width = config.Integer("hidden_size", absent: null), heads = config.Integer("num_attention_heads", 32);
        var epsilon = config.Number("rms_norm_eps", 1e-6);
        var mamba = new MambaSettings
        {
            StateSize = (int)config.Integer("mamba_d_state", 16),
            Expand = config.Number("mamba_expand", 2),
            ConvolutionSize = (int)config.Integer("mamba_d_conv", 4),
            DeltaRank = config.IntegerOrAuto("mamba_dt_rank") ?? (width + 15) / 16,
            Bias = config.Flag("mamba_proj_bias", absent: false),
            ConvolutionBias = config.Flag("mamba_conv_bias", absent: true),
            InputNorm = ScanInputNorm.Scaled,
            InputNormEpsilon = epsilon,
        };
        var attention = new AttentionSettings
        {
            Heads = heads,

            // The library's default is 8; null stands for as many as query heads.
            KeyHeads = config.Integer("num_key_value_heads", config.IsNull("num_key_value_heads") ? heads : 8),
            HeadSize = config.Integer("head_dim", 0, minimum: 0),
        };
        var mlp = new SwiGluSettings { Hidden = config.Integer("intermediate_size", 14336) };
        var experts = new MixtureOfExpertsSettings
        {
            Experts = (int)config.Integer("num_experts", 16),
            Chosen = (int)config.Integer("num_experts_per_tok", 2),
            Expert = mlp,
        };
        var (attentionPeriod, attentionOffset) = Period(config, "attn_layer", 8, 4);
        var (expertPeriod, expertOffset) = Period(config, "expert_layer", 2, 1);
        return new()
        {
            Vocabulary = config.Integer("vocab_size", absent: null),
            Width = width,
            Blocks = [.. Enumerable.Range(0, (int)config.Integer("num_hidden_layers", absent: null, maximum: 4096)).Select(i => new BlockSettings(
                i % attentionPeriod == attentionOffset ? attention : mamba,
                experts.Experts > 1 && i % expertPeriod == expertOffset ? experts : mlp))],
            NormEpsilon = epsilon,
            TiedHead = config.Flag("tie_word_embeddings", absent: false),
            PaddingToken = config.IsNull("pad_token_id") ? null : config.Integer("pad_token_id", 0, minimum: 0),
        };
    }

    public override string FileName(string parameter, SequenceModelConfiguration configuration)
    {
        if (parameter.StartsWith("lm_head.", StringComparison.Ordinal)) return parameter;
        if (Rest(parameter, "embeddings.") is { } table) return $"model.embed_tokens.{table}";
        if (Rest(parameter, "norm_f.") is { } final) return $"model.final_layernorm.{final}";
        var parts = parameter.Split('.', 4);
        var mixer = configuration.Blocks[int.Parse(parts[1])].Mixer is AttentionSettings ? "self_attn" : "mamba";
        var layer = parts[2] switch { "norm" => "input_layernorm", "feed_norm" => "pre_ff_layernorm", "mixer" => mixer, var other => other };
        return $"model.layers.{parts[1]}.{layer}.{parts[3]}";

        static string? Rest(string name, string start) => name.StartsWith(start, StringComparison.Ordinal) ? name[start.Length..] : null;
    }

    public override JsonObject? Write(SequenceModelConfiguration configuration)
    {
        var blocks = configuration.Blocks;
        var mamba = OnlyOne(blocks.Select(block => block.Mixer).OfType<MambaSettings>());
        var attention = OnlyOne(blocks.Select(block => block.Mixer).OfType<AttentionSettings>());
        var experts = OnlyOne(blocks.Select(block => block.FeedForward).OfType<MixtureOfExpertsSettings>());
        var mlps = blocks.Select(block => (block.FeedForward as MixtureOfExpertsSettings)?.Expert ?? block.FeedForward as SwiGluSettings);
        var mlp = OnlyOne(mlps.OfType<SwiGluSettings>());
        var epsilon = configuration.NormEpsilon;
        var attentionPattern = Pattern([.. blocks.Select(block => block.Mixer is AttentionSettings)]);
        var expertPattern = Pattern([.. blocks.Select(block => block.FeedForward is MixtureOfExpertsSettings)]);
        var isOther = blocks.Any(block => block.Mixer is not (MambaSettings or AttentionSettings) || block.FeedForward is not (SwiGluSettings or MixtureOfExpertsSettings));
        if (configuration.Norm != NormKind.Rms || isOther || attentionPattern is null || expertPattern is null
            || mamba is not { InputNorm: ScanInputNorm.Scaled } || mamba.InputNormEpsilon != epsilon || mlp is null
            || (mamba.Inner != 0 && mamba.Inner != (long)(mamba.Expand * configuration.Width))
            || attention is { Window: not null } or { RotaryBase: not null } or { Bias: true }
            || blocks.Select(block => block.Mixer).Distinct().Count() > 2 || blocks.Select(block => block.FeedForward).Distinct().Count() > 2)
        {
            return null;
        }

        var config = Begin("JambaForCausalLM", configuration);
        attention ??= new AttentionSettings { Heads = 1 };
        (config["attn_layer_period"], config["attn_layer_offset"]) = attentionPattern.Value;
        (config["expert_layer_period"], config["expert_layer_offset"]) = expertPattern.Value;
        config["intermediate_size"] = mlp.Hidden == 0 ? SwiGlu.DefaultHidden(configuration.Width) : mlp.Hidden;
        config["mamba_conv_bias"] = mamba.ConvolutionBias;
        config["mamba_d_conv"] = mamba.ConvolutionSize;
        config["mamba_d_state"] = mamba.StateSize;
        config["mamba_dt_rank"] = mamba.DeltaRank == 0 ? (configuration.Width + 15) / 16 : mamba.DeltaRank;
        config["mamba_expand"] = mamba.Expand;
        config["mamba_proj_bias"] = mamba.Bias;
        config["num_attention_heads"] = attention.Heads;
        config["num_key_value_heads"] = attention.KeyHeads == 0 ? attention.Heads : attention.KeyHeads;
        if (attention.HeadSize != 0) config["head_dim"] = attention.HeadSize;
        config["num_experts"] = experts?.Experts ?? 1;
        config["num_experts_per_tok"] = experts?.Chosen ?? 1;
        config["pad_token_id"] = configuration.PaddingToken;
        config["rms_norm_eps"] = epsilon;
        config["use_mamba_kernels"] = false;
        return config;
    }

    private static (long Period, long Offset) Period(ConfigFile config, string name, long period, long offset)
    {
        period = config.Integer($"{name}_period", period);
        offset = config.Integer($"{name}_offset", offset, minimum: 0);
        return offset < period ? (period, offset) : throw new CheckpointException(config.Path, $"'{name}_offset' {offset} must be less than '{name}_period' {period}");
    }

    private static T? OnlyOne<T>(IEnumerable<T> settings)
        where T : class
    {
        var distinct = settings.Distinct().Take(2).ToList();
        return distinct.Count == 1 ? distinct[0] : null;
    }

    /// <summary>Period and offset of the marked layers; a period beyond the last layer where none is marked; null where they do not repeat regularly.</summary>
    private static (long Period, long Offset)? Pattern(bool[] marks)
    {
        var first = Array.IndexOf(marks, true);
        if (first < 0) return (marks.Length + 1, marks.Length);
        var second = Array.IndexOf(marks, true, first + 1);
        var period = second < 0 ? Math.Max(marks.Length, first + 1) : second - first;
        if (first >= period) return null;
        for (var i = 0; i < marks.Length; i++)
        {
            if (marks[i] != (i % period == first)) return null;
        }

        return (period, first);
    }
}
