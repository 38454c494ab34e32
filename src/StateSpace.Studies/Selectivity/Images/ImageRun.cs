using StateSpace.Tensors;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>How a classifier is trained: AdamW, a rate that rises along a line and falls by half a cosine, as the S4 code base has it.</summary>
/// <param name="Batch">Images of a step.</param>
/// <param name="Epochs">Passes over the training images; what does not fill a batch is left out.</param>
/// <param name="WarmupEpochs">Passes until the rate is reached.</param>
/// <param name="Rate">Learning rate.</param>
/// <param name="StateRate">Learning rate of Δ, A, B and C.</param>
/// <param name="WeightDecay">Decoupled; Δ, A, B, norms and shifts have none.</param>
internal sealed record ImagePlan(int Batch, int Epochs, int WarmupEpochs, double Rate = 0.01, double StateRate = 0.001, double WeightDecay = 0.05);

/// <summary>One training: equal values give equal results.</summary>
/// <param name="Images">What is trained on.</param>
/// <param name="IsComplex">Whether states are complex.</param>
/// <param name="Size">Sizes of the network.</param>
/// <param name="Plan">How it is trained.</param>
/// <param name="Seed">Seed of initial values, order and dropout.</param>
/// <param name="Device">Where it is trained.</param>
internal sealed record ImageRun(ImageSource Images, bool IsComplex, ClassifierSize Size, ImagePlan Plan, long Seed, Device Device)
{
    /// <summary>Seconds per pixel and channel of a step and block, on one core.</summary>
    private const double SecondsPerPixelChannel = 3e-8;

    /// <summary>What the states are.</summary>
    public string Form => IsComplex ? "complex" : "real";

    /// <summary>Id of the job; it names the images, so that a run is not resumed with others.</summary>
    public string Id => $"images.{Images.Name}.{Form}.seed{Seed}";

    /// <summary>The job.</summary>
    public StudyJob Job() => new(
        Id,
        $"images ({Images.Name}), S4D {Form}, seed {Seed}",
        SecondsPerPixelChannel * Plan.Epochs * Images.Training * Images.Side * Images.Side * Size.Width * Size.Blocks,
        context => ImageTrainer.Run(this, context.Report, context.Cancellation).Outcome());
}
