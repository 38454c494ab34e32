using StateSpace.Studies.Selectivity.Images;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.Selectivity;

/// <summary>The classifier of images and its training.</summary>
public sealed class ImageTrainerTests
{
    private static readonly ImageSource Gratings = new(null, 16, 200, 50, 100);

    [Fact]
    public void At_the_papers_size_real_and_complex_have_as_many_parameters()
    {
        ClassifierSize size = new(512, 64, 6, 0.1);
        using ImageClassifier real = new(size, isComplex: false, 10, 0.1, new(1)), complex = new(size, isComplex: true, 10, 0.1, new(1));
        Assert.Equal(real.ParameterCount, complex.ParameterCount);

        // Encoder and head; a block's norm, output map, skip, Δ, A and B (shared by the channels), and a C for each channel and direction.
        Assert.Equal((2 * 512) + (10 * 513) + (6 * ((2 * 512) + (1024 * 513) + (2 * 512) + (2 * 64) + (2 * 512 * 64))), real.ParameterCount);
    }

    [Fact]
    public void States_learn_at_their_own_rate_and_delta_A_and_B_do_not_decay()
    {
        using var model = new ImageClassifier(new(8, 4, 1, 0), isComplex: true, 10, 0.1, new(1));
        foreach (var parameter in model.Parameters)
        {
            var (isState, isC) = (parameter.Name.Contains(".ssm.", StringComparison.Ordinal), parameter.Name.Contains(".ssm.c_", StringComparison.Ordinal));
            Assert.All(parameter.Parts, part => Assert.Equal(isState ? 0.1 : 1, part.Role.RateMultiplier));
            if (isState) Assert.All(parameter.Parts, part => Assert.Equal(isC ? 1 : 0, part.Role.DecayMultiplier));
        }
    }

    [Fact]
    public void Batch_normalization_is_its_definition_and_averages_what_is_evaluated_later()
    {
        using var norm = new BatchNormalization(3);
        using var scope = new TensorScope();
        var x = Tensor.Normal([4, 5, 3], new RandomSource(2), mean: 2, deviation: 3);
        var y = norm.Apply(x, training: true).ToArray<float>();
        for (var channel = 0; channel < 3; channel++)
        {
            var values = Enumerable.Range(0, 20).Select(i => (double)x.ToArray<float>()[(3 * i) + channel]).ToList();
            var (mean, variance) = (values.Average(), values.Sum(value => Math.Pow(value - values.Average(), 2)) / 20);
            for (var i = 0; i < 20; i++) Assert.Equal((values[i] - mean) / Math.Sqrt(variance + 1e-5), y[(3 * i) + channel], 1e-5);

            // After one batch: a tenth of its mean, and of its unbiased variance beside nine tenths of 1.
            var (averagedMean, averagedVariance) = (0.1 * mean, 0.9 + (0.1 * variance * 20 / 19));
            Assert.Equal((values[0] - averagedMean) / Math.Sqrt(averagedVariance + 1e-5), norm.Apply(x, training: false).ToArray<float>()[channel], 1e-5);
        }
    }

    [Fact]
    public void Dropout_takes_channels_in_training_alone()
    {
        using var model = new ImageClassifier(new(8, 4, 1, 0.5), isComplex: false, 10, 0.1, new(1));
        using var scope = new TensorScope();
        var pixels = Tensor.Normal([2, 16, 1], new RandomSource(2));
        Assert.Equal(model.Forward(pixels, null).ToArray<float>(), model.Forward(pixels, null).ToArray<float>());
        var random = new RandomSource(3);
        Tensor[] masks = model.Masks(2, random), others = model.Masks(2, random);
        Assert.Equal(3, masks.Length);
        Assert.All(masks.Concat(others).SelectMany(mask => mask.ToArray<float>()), value => Assert.Contains(value, new[] { 0f, 2f }));
        Assert.NotEqual(model.Forward(pixels, masks).ToArray<float>(), model.Forward(pixels, others).ToArray<float>());
    }

    [Fact]
    public void A_complex_classifier_learns_gratings_and_reports_its_way()
    {
        var reports = new List<double>();
        var run = Small(isComplex: true, epochs: 8) with { Images = new(null, 12, 400, 50, 200), Size = new(16, 16, 2, 0) };
        var record = ImageTrainer.Run(run, reports.Add, CancellationToken.None);
        Assert.InRange(record.Test, 0.4, 1);
        Assert.InRange(record.Losses[^1], 0, record.Losses[0] - 0.3);
        Assert.Equal((8, 8, 144, 1.0), (record.Losses.Length, record.Validations.Length, record.Kernel.Length, reports[^1]));
        Assert.Equal(1, record.Kernel.Sum(Math.Abs), 1e-6);
    }

    [Fact]
    public void The_bits_do_not_depend_on_threads_and_differ_between_seeds()
    {
        var run = Small(isComplex: false, epochs: 1);
        var team = Text(run);
        using (CpuTeam.StayOnThread()) Assert.Equal(team, Text(run));
        Assert.NotEqual(team, Text(run with { Seed = 1 }));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_training_on_a_gpu_begins_as_on_the_cpu(bool isComplex)
    {
        Skip.IfNot(CudaDevice.TryCreate(0, out _, out var reason), reason);
        var run = Small(isComplex, epochs: 1);
        var (here, there) = (ImageTrainer.Run(run, _ => { }, CancellationToken.None), ImageTrainer.Run(run with { Device = Device.Cuda(0) }, _ => { }, CancellationToken.None));
        Assert.Equal(here.Losses[0], there.Losses[0], 0.02);
    }

    [Fact]
    public void A_training_stops_when_it_is_cancelled_and_too_few_images_are_told()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => ImageTrainer.Run(Small(isComplex: false, epochs: 1000), _ => stop.Cancel(), stop.Token));
        var run = Small(isComplex: false, epochs: 1) with { Images = new(null, 8, 3, 1, 1) };
        Assert.Contains("has 3 images to train on", Assert.Throws<StudyInputException>(() => ImageTrainer.Run(run, _ => { }, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    private static string Text(ImageRun run) => ImageTrainer.Run(run, _ => { }, CancellationToken.None).Outcome().Result.ToJsonString();

    private static ImageRun Small(bool isComplex, int epochs) => new(Gratings, isComplex, new(8, 8, 1, 0.1), new(Batch: 10, epochs, WarmupEpochs: 0), Seed: 0, Device.Cpu);
}
