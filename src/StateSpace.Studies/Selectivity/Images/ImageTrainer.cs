using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;
using StateSpace.Training.Steps;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>Trains a classifier of images. Validation images give the curve; the test images are read once, after the last step.</summary>
internal static class ImageTrainer
{
    private const int TestBatch = 50;

    /// <summary>Trains and tests.</summary>
    /// <param name="run">What to train, and how.</param>
    /// <param name="report">Takes the fraction done.</param>
    /// <param name="cancellation">Stops the training.</param>
    /// <exception cref="StudyInputException">The images cannot be read, or are fewer than a batch.</exception>
    public static ImageRecord Run(ImageRun run, Action<double> report, CancellationToken cancellation)
    {
        var (plan, set) = (run.Plan, run.Images.Set);
        var batches = set.Training.Count / plan.Batch;
        if (batches == 0 || set.Test.Count == 0) throw new StudyInputException($"{set.Name} has {set.Training.Count} images to train on and {set.Test.Count} to test on; a batch needs {plan.Batch}");
        var source = new RandomSource((ulong)run.Seed).Split("images");
        using var model = new ImageClassifier(run.Size, run.IsComplex, set.Classes, plan.StateRate / plan.Rate, source.Split("model"));
        model.MoveTo(run.Device);
        using var optimizer = new AdamW(model.Parameters, weightDecay: plan.WeightDecay);
        using var trained = new ReplayedStep(optimizer, x => [Gradients(model, x[0]!, x[1]!, [.. x[2..].OfType<Tensor>()])]);
        Schedule schedule = new WarmupSchedule((long)plan.WarmupEpochs * batches, new CosineSchedule(plan.Rate, (long)(plan.Epochs - plan.WarmupEpochs) * batches));
        var masks = source.Split("dropout");
        List<double> losses = [], accuracies = [];
        for (var epoch = 0; epoch < plan.Epochs; epoch++)
        {
            var order = source.Split("order").Split(epoch).Permutation(set.Training.Count);
            var sum = 0.0;
            for (var batch = 0; batch < batches; batch++)
            {
                cancellation.ThrowIfCancellationRequested();
                var step = ((long)epoch * batches) + batch;
                using (new TensorScope())
                {
                    var (pixels, labels) = Batch(set, set.Training, order.AsSpan(batch * plan.Batch, plan.Batch));
                    sum += trained.Run([pixels, labels, .. model.Masks(plan.Batch, masks)], schedule.Rate(step))[0].Item();
                }

                report((step + 1.0) / ((long)plan.Epochs * batches));
            }

            losses.Add(sum / batches);
            accuracies.Add(Accuracy(model, set, set.Validation, run.Device, cancellation));
        }

        return new(model.ParameterCount, Accuracy(model, set, set.Test, run.Device, cancellation), [.. losses], [.. accuracies], Kernel(model, set.Training.Length));
    }

    /// <summary>Leaves the gradients of a batch at the parameters; gives the loss.</summary>
    private static Tensor Gradients(ImageClassifier model, Tensor pixels, Tensor labels, Tensor[] masks)
    {
        using var tape = new Tape();
        var loss = CrossEntropy.Apply(model.Forward(pixels, masks), labels);
        tape.Backward(loss);
        return loss;
    }

    /// <summary>Share of images whose likeliest class is theirs; not a number where there are none.</summary>
    private static double Accuracy(ImageClassifier model, ImageSet set, ImageList list, Device device, CancellationToken cancellation)
    {
        using var pause = Tape.Pause();
        var right = 0;
        for (var done = 0; done < list.Count; done += TestBatch)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            int[] numbers = [.. Enumerable.Range(done, Math.Min(TestBatch, list.Count - done))];
            var (pixels, _) = Batch(set, list, numbers);
            var guesses = model.Forward(pixels.To(device), masks: null).ArgMax(1).ToArray<long>();
            right += numbers.Where((number, i) => guesses[i] == list.Labels[number]).Count();
        }

        return (double)right / list.Count;
    }

    /// <summary>Normalized pixels, (B, L, 1), and classes, (B).</summary>
    private static (Tensor Pixels, Tensor Labels) Batch(ImageSet set, ImageList list, ReadOnlySpan<int> numbers)
    {
        Tensor pixels = Tensor.Empty([numbers.Length, list.Length, 1]), labels = Tensor.Empty([numbers.Length], DType.Int32);
        Span<float> values = pixels.Span<float>();
        var classes = labels.Span<int>();
        for (var i = 0; i < numbers.Length; i++)
        {
            var image = list.Pixels.AsSpan(numbers[i] * list.Length, list.Length);
            for (var at = 0; at < image.Length; at++) values[(i * list.Length) + at] = (image[at] - set.Mean) / set.Deviation;
            classes[i] = list.Labels[numbers[i]];
        }

        return (pixels, labels);
    }

    private static double[] Kernel(ImageClassifier model, int length)
    {
        using var pause = Tape.Pause();
        using var scope = new TensorScope();
        var kernels = model.FirstKernels(length).ToArray<float>();
        var largest = kernels.Chunk(length).MaxBy(kernel => kernel.Sum(Math.Abs))!;
        var sum = largest.Sum(value => (double)Math.Abs(value));
        return [.. largest.Select(value => value / sum)];
    }
}
