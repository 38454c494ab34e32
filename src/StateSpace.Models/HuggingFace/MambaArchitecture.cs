using System.Text.Json.Nodes;
using StateSpace.Models.Layers;

namespace StateSpace.Models.HuggingFace;

/// <summary><c>mamba</c> and <c>falcon_mamba</c>, which normalizes Δ, B and C.</summary>
internal sealed class MambaArchitecture(bool isFalcon) : Architecture
{
    public override string ModelType => isFalcon ? "falcon_mamba" : "mamba";

    public override SequenceModelConfiguration Read(ConfigFile config)
    {
        RequireSilu(config);
        var width = config.Integer("hidden_size", absent: null);
        var mixer = new MambaSettings
        {
            StateSize = (int)config.Integer("state_size", 16),
            Expand = config.Number("expand", 2),
            Inner = config.Integer("intermediate_size", (long)(config.Number("expand", 2) * width)),
            ConvolutionSize = (int)config.Integer("conv_kernel", 4),
            DeltaRank = config.IntegerOrAuto("time_step_rank") ?? (width + 15) / 16,
            Bias = config.Flag("use_bias", absent: false),
            ConvolutionBias = config.Flag("use_conv_bias", absent: true),
            InputNorm = isFalcon ? ScanInputNorm.Plain : ScanInputNorm.None,
            InputNormEpsilon = isFalcon ? config.Number("mixer_rms_eps", 1e-6) : 1e-6,
        };
        return new()
        {
            Vocabulary = config.Integer("vocab_size", absent: null),
            Width = width,
            Blocks = [.. Enumerable.Repeat(new BlockSettings(mixer), (int)config.Integer("num_hidden_layers", absent: null, maximum: 4096))],
            NormEpsilon = config.Number("layer_norm_epsilon", 1e-5),
            TiedHead = config.Flag("tie_word_embeddings", absent: true),
        };
    }

    public override string FileName(string parameter, SequenceModelConfiguration configuration) =>
        parameter.StartsWith("lm_head.", StringComparison.Ordinal) ? parameter : $"backbone.{parameter}";

    public override JsonObject? Write(SequenceModelConfiguration configuration)
    {
        if (OnlyMixer<MambaSettings>(configuration) is not { } mixer || mixer.InputNorm != (isFalcon ? ScanInputNorm.Plain : ScanInputNorm.None)) return null;
        var config = Begin(isFalcon ? "FalconMambaForCausalLM" : "MambaForCausalLM", configuration);
        config["conv_kernel"] = mixer.ConvolutionSize;
        config["expand"] = mixer.Expand;
        config["intermediate_size"] = mixer.Inner == 0 ? (long)(mixer.Expand * configuration.Width) : mixer.Inner;
        config["layer_norm_epsilon"] = configuration.NormEpsilon;
        config["residual_in_fp32"] = true;
        config["state_size"] = mixer.StateSize;
        config["time_step_rank"] = mixer.DeltaRank == 0 ? (configuration.Width + 15) / 16 : mixer.DeltaRank;
        config["time_step_min"] = mixer.StepSizes.Minimum;
        config["time_step_max"] = mixer.StepSizes.Maximum;
        config["time_step_floor"] = mixer.StepSizes.Floor;
        config["use_bias"] = mixer.Bias;
        config["use_conv_bias"] = mixer.ConvolutionBias;
        if (isFalcon) config["mixer_rms_eps"] = mixer.InputNormEpsilon;
        return config;
    }
}
