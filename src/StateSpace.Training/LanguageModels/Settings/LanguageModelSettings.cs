using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.Schedules;

namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>
/// Sizes of the model and course of its training; every number that the bits of a run depend on, beside data, tokenizer, kind of model
/// and seed. Names, ranges and meanings are in <see cref="SettingList"/>.
/// </summary>
public sealed record LanguageModelSettings
{
    /// <summary>Channels D.</summary>
    public long Width { get; init; } = 192;

    /// <summary>Blocks, one after the other.</summary>
    public long Layers { get; init; } = 4;

    /// <summary>State size N.</summary>
    public long State { get; init; } = 16;

    /// <summary>Heads of attention; 0 for as many as have 64 channels.</summary>
    public long Heads { get; init; }

    /// <summary>Channels of a head of Mamba-2 and H3, P; 0 for the kind's own.</summary>
    public long HeadSize { get; init; }

    /// <summary>Inner channels of Mamba and Mamba-2 as a multiple of the width.</summary>
    public long Expansion { get; init; } = 2;

    /// <summary>Inner channels of the feed-forward part of a block; 0 for the kind's own.</summary>
    public long FeedForward { get; init; }

    /// <summary>Keys that a query sees, itself included; 0 for all.</summary>
    public long Window { get; init; }

    /// <summary>Experts in every second block of a hybrid, of which a token takes two; 1 for none.</summary>
    public long Experts { get; init; } = 1;

    /// <summary>Whether the output weights are those of the embedding.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>How text becomes batches.</summary>
    public BatchMode Mode { get; init; }

    /// <summary>Rows of a batch, B.</summary>
    public long Batch { get; init; } = 8;

    /// <summary>Tokens of a window, L.</summary>
    public long Length { get; init; } = 256;

    /// <summary>Batches whose gradients make one step.</summary>
    public long Accumulation { get; init; } = 1;

    /// <summary>Steps of the optimizer.</summary>
    public long Steps { get; init; } = 2000;

    /// <summary>Largest learning rate.</summary>
    public double Rate { get; init; } = 5e-3;

    /// <summary>Last learning rate as a fraction of the largest.</summary>
    public double FinalRate { get; init; } = 0.05;

    /// <summary>Steps in which the rate rises to its largest.</summary>
    public long Warmup { get; init; } = 100;

    /// <summary>Decoupled weight decay of matrices.</summary>
    public double Decay { get; init; } = 0.3;

    /// <summary>Decay of the gradient's running mean.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the squared gradient's running mean.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Largest Euclidean norm of the gradient.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Whether Float32 products on a GPU run on tensor cores, with operands rounded to 10 bits of mantissa (TF32).</summary>
    public bool TensorFloat32 { get; init; }

    /// <summary>Whether, of several processes, each holds the optimizer's moments of its share of the weights alone.</summary>
    public bool ShardOptimizer { get; init; }

    /// <summary>What activations are stored and multiplied in.</summary>
    public Precision Precision { get; init; }

    /// <summary>Whether a step on one GPU is recorded and replayed as a whole where that is possible. The bits do not depend on it.</summary>
    public bool Capture { get; init; } = true;

    /// <summary>What a prediction of held-out text may rest on.</summary>
    public EvaluationMode Evaluation { get; init; }

    /// <summary>Steps between two evaluations, each of which writes a checkpoint.</summary>
    public long EvaluateEvery { get; init; } = 200;

    /// <summary>Held-out tokens that an evaluation on the way reads; the last one reads all.</summary>
    public long EvaluationTokens { get; init; } = 32768;

    /// <summary>Warm-up, then half a cosine down to the final rate at the last step.</summary>
    public Schedule Schedule() => new WarmupSchedule(Warmup, new CosineSchedule(Rate, Math.Max(1, Steps - 1 - Warmup), Rate * FinalRate));
}
