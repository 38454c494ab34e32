namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>The settings in the order in which a configuration file has them.</summary>
public static class SettingList
{
    private const long Most = 1 << 20;

    /// <summary>Every setting; names are unique.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Whole("width", "Channels D of the model", 1, 1 << 16, s => s.Width, (s, v) => s with { Width = v }),
        Setting.Whole("layers", "Blocks", 1, 1024, s => s.Layers, (s, v) => s with { Layers = v }),
        Setting.Whole("state", "State size N per channel or head", 1, 4096, s => s.State, (s, v) => s with { State = v }),
        Setting.Whole("heads", "Heads of attention; 0 for as many as have 64 channels", 0, 1024, s => s.Heads, (s, v) => s with { Heads = v }),
        Setting.Whole("head_size", "Channels P of a head of Mamba-2 and H3; 0 for the kind's own", 0, 4096, s => s.HeadSize, (s, v) => s with { HeadSize = v }),
        Setting.Whole("expansion", "Inner channels of Mamba and Mamba-2 per channel", 1, 16, s => s.Expansion, (s, v) => s with { Expansion = v }),
        Setting.Whole("feed_forward", "Inner channels of the feed-forward part; 0 for the kind's own", 0, 1 << 18, s => s.FeedForward, (s, v) => s with { FeedForward = v }),
        Setting.Whole("window", "Keys that a query sees, itself included; 0 for all", 0, int.MaxValue, s => s.Window, (s, v) => s with { Window = v }),
        Setting.Whole("experts", "Experts in every second block of a hybrid; 1 for none", 1, 1024, s => s.Experts, (s, v) => s with { Experts = v }),
        Setting.Switch("tied_head", "Output weights are those of the embedding", s => s.TiedHead, (s, v) => s with { TiedHead = v }),
        Setting.Choice("mode", "How text becomes batches", s => s.Mode, (s, v) => s with { Mode = v }),
        Setting.Whole("batch", "Rows B of a batch", 1, Most, s => s.Batch, (s, v) => s with { Batch = v }),
        Setting.Whole("length", "Tokens L of a window", 1, Most, s => s.Length, (s, v) => s with { Length = v }),
        Setting.Whole("accumulation", "Batches whose gradients make one step", 1, Most, s => s.Accumulation, (s, v) => s with { Accumulation = v }),
        Setting.Whole("steps", "Steps of the optimizer", 1, int.MaxValue, s => s.Steps, (s, v) => s with { Steps = v }),
        Setting.Number("rate", "Largest learning rate", 0, 10, s => s.Rate, (s, v) => s with { Rate = v }),
        Setting.Number("final_rate", "Last rate as a fraction of the largest", 0, 1, s => s.FinalRate, (s, v) => s with { FinalRate = v }),
        Setting.Whole("warmup", "Steps in which the rate rises to its largest", 0, int.MaxValue, s => s.Warmup, (s, v) => s with { Warmup = v }),
        Setting.Number("decay", "Weight decay of matrices, decoupled", 0, 10, s => s.Decay, (s, v) => s with { Decay = v }),
        Setting.Number("beta1", "Decay of the gradient's running mean", 0, 0.9999999, s => s.Beta1, (s, v) => s with { Beta1 = v }),
        Setting.Number("beta2", "Decay of the squared gradient's running mean", 0, 0.9999999, s => s.Beta2, (s, v) => s with { Beta2 = v }),
        Setting.Number("clip", "Largest Euclidean norm of the gradient", 1e-9, 1e9, s => s.Clip, (s, v) => s with { Clip = v }),
        Setting.Choice("precision", "What activations are stored and multiplied in; bfloat16 needs a GPU", s => s.Precision, (s, v) => s with { Precision = v }),
        Setting.Switch("tf32", "On a GPU float32 products run on tensor cores, with operands rounded to 10 bits", s => s.TensorFloat32, (s, v) => s with { TensorFloat32 = v }),
        Setting.Switch("shard_optimizer", "Of several processes, each holds the moments of its share of the weights", s => s.ShardOptimizer, (s, v) => s with { ShardOptimizer = v }),
        Setting.Switch("capture", "On one GPU a step is recorded and replayed where possible; the same bits, fewer launches", s => s.Capture, (s, v) => s with { Capture = v }),
        Setting.Choice("evaluation", "What a prediction of held-out text may rest on", s => s.Evaluation, (s, v) => s with { Evaluation = v }),
        Setting.Whole("evaluate_every", "Steps between two evaluations and checkpoints", 1, int.MaxValue, s => s.EvaluateEvery, (s, v) => s with { EvaluateEvery = v }),
        Setting.Whole("evaluation_tokens", "Held-out tokens of an evaluation on the way", 1, int.MaxValue, s => s.EvaluationTokens, (s, v) => s with { EvaluationTokens = v }),
    ];

    /// <summary>The setting of that name, or null.</summary>
    public static Setting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name);
}
