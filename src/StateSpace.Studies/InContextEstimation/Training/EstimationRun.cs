using MathNet.Numerics.LinearAlgebra;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>What is trained.</summary>
internal enum Architecture
{
    /// <summary>One layer of linear attention.</summary>
    LinearAttention,

    /// <summary>One H3 layer with a free filter.</summary>
    H3,

    /// <summary>Linear attention that divides by the number of examples; differs from it only where that varies.</summary>
    AveragingAttention,

    /// <summary>One step of preconditioned gradient descent.</summary>
    Descent,

    /// <summary>The same with weighted examples.</summary>
    WeightedDescent,
}

/// <summary>An estimator to train on prompts, and what the theory says it can reach.</summary>
/// <param name="Id">Id of the job.</param>
/// <param name="Curve">The curve that it is a point of.</param>
/// <param name="X">Its abscissa: examples n or rank r.</param>
/// <param name="Model">What is trained.</param>
/// <param name="Prompts">On what.</param>
/// <param name="Size">How long and wide.</param>
internal sealed record EstimationRun(string Id, string Curve, double X, Architecture Model, PromptDistribution Prompts, TrainingSize Size)
{
    /// <summary>W of the best estimator of the kind.</summary>
    public Matrix<double> Weights { get; init; } = Prompts.Weights;

    /// <summary>The least risk of the kind.</summary>
    public double Risk { get; init; } = Model is Architecture.H3 or Architecture.WeightedDescent ? Prompts.Risk : Prompts.ConstantRisk;

    /// <summary>Rank of keys and queries, or of the update where there are pretrained weights; 0 for full rank.</summary>
    public int Rank { get; init; }

    /// <summary>W₀ of a pretrained estimator that gets an update of rank <see cref="Rank"/>; null to train from scratch.</summary>
    public Matrix<double>? Pretrained { get; init; }

    /// <summary>
    /// The best estimator of the kind for every context length, w of (n, n) with a row for each length, where one estimator serves them all; null where all
    /// prompts have n examples.
    /// </summary>
    public Matrix<double>? EachLength { get; init; }

    /// <summary>w of the best estimator of the kind.</summary>
    public Vector<double> Filter => Model is Architecture.H3 or Architecture.WeightedDescent ? Prompts.Filter : Prompts.ConstantFilter;

    /// <summary>The estimator at its random start.</summary>
    public Estimator Create(RandomSource random)
    {
        var (stack, width, deviation) = (Size.Initializations, Prompts.Dimension + 1, Size.Deviation);
        if (Pretrained is not null) return new AdaptedAttentionEstimator(stack, PromptDistribution.ToTensor(Pretrained, DType.Float32), Rank, random, deviation);
        return Model switch
        {
            Architecture.LinearAttention => new LinearAttentionEstimator(stack, width, Rank == 0 ? width : Rank, random, deviation),
            Architecture.AveragingAttention => new LinearAttentionEstimator(stack, width, width, random, deviation, averages: true),
            Architecture.H3 => new H3Estimator(stack, width, Prompts.Examples, random, deviation),
            _ => new DescentEstimator(stack, Prompts.Dimension, Prompts.Examples, Model == Architecture.WeightedDescent, random, deviation),
        };
    }
}

/// <summary>How an estimator is trained and evaluated.</summary>
/// <param name="Initializations">Initializations S, trained side by side on the same prompts.</param>
/// <param name="Steps">Updates.</param>
/// <param name="Batch">Fresh prompts an update.</param>
/// <param name="Rate">First learning rate of Adam; a cosine takes it to 0.</param>
/// <param name="Deviation">Standard deviation of the initial weights.</param>
/// <param name="TestPrompts">Prompts of the test set; the validation set that selects an initialization has a quarter of them.</param>
/// <param name="Seed">Seed of everything random.</param>
internal sealed record TrainingSize(int Initializations, int Steps, int Batch, double Rate, double Deviation, int TestPrompts, ulong Seed)
{
    /// <summary>Where it computes.</summary>
    public Device Device { get; init; } = Device.Cpu;
}
