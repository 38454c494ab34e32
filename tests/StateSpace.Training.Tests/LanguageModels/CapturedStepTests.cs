using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.Tests.LanguageModels;

public sealed class CapturedStepTests
{
    private const int Vocabulary = 61;

    private static readonly LanguageModelSettings Small = new()
    {
        Width = 32,
        Layers = 2,
        State = 4,
        Heads = 2,
        Batch = 3,
        Length = 17,
        Steps = 12,
        Warmup = 2,
    };

    [SkippableTheory]
    [InlineData("mamba", Precision.Float32, 1)]
    [InlineData("mamba", Precision.Float32, 3)]
    [InlineData("mamba", Precision.BFloat16, 1)]
    [InlineData("mamba2", Precision.Float32, 1)]
    [InlineData("mamba2", Precision.BFloat16, 2)]
    [InlineData("s4d", Precision.Float32, 1)]
    [InlineData("h3", Precision.Float32, 1)]
    [InlineData("transformer", Precision.Float32, 1)]
    [InlineData("transformer", Precision.BFloat16, 1)]
    [InlineData("hybrid", Precision.Float32, 1)]
    public void Replayed_steps_give_the_bits_of_launched_ones(string kind, Precision precision, long parts)
    {
        RequireGpu();
        var settings = Small with { Precision = precision, Accumulation = parts };
        var launched = Train(kind, settings with { Capture = false }, documents: false);
        var replayed = Train(kind, settings, documents: false);
        Assert.Empty(launched.Notes);
        Assert.Contains("steps are replayed as a graph of", Assert.Single(replayed.Notes), StringComparison.Ordinal);
        Same(launched, replayed);
    }

    [SkippableFact]
    public void Steps_with_and_without_documents_that_begin_are_replayed_by_turns()
    {
        RequireGpu();
        var settings = Small with { Batch = 1, Steps = 40 };
        var launched = Train("mamba", settings with { Capture = false }, documents: true);
        var replayed = Train("mamba", settings, documents: true);
        Assert.Equal(2, replayed.Notes.Count(note => note.Contains("are replayed as a graph of", StringComparison.Ordinal)));
        Same(launched, replayed);
    }

    [SkippableTheory]
    [InlineData("transformer", false, 1, "are not captured, because a copy to the host")]
    [InlineData("mamba", true, 1, "are not captured, because mode carried hands states from step to step")]
    [InlineData("mamba", false, 17, "are not captured, because a step has 17 parts, more than 16")]
    public void A_step_that_cannot_be_captured_is_launched_and_says_why(string kind, bool isCarried, long parts, string reason)
    {
        RequireGpu();
        var settings = Small with { Mode = isCarried ? BatchMode.Carried : BatchMode.Packed, Accumulation = parts, Batch = 8 };
        var launched = Train(kind, settings with { Capture = false }, documents: true);
        var told = Train(kind, settings, documents: true);
        Assert.Contains(told.Notes, note => note.Contains(reason, StringComparison.Ordinal));
        Same(launched, told);
    }

    [Fact]
    public void What_cannot_be_captured_is_known_before_the_first_step()
    {
        Assert.Null(TrainingLoop.WhyNotCaptured(1, BatchMode.Packed, 1));
        Assert.Equal("2 processes share each step", TrainingLoop.WhyNotCaptured(1, BatchMode.Packed, 2));
        Assert.Equal("mode carried hands states from step to step", TrainingLoop.WhyNotCaptured(1, BatchMode.Carried, 1));
        Assert.Equal("a step has 17 parts, more than 16", TrainingLoop.WhyNotCaptured(17, BatchMode.Packed, 1));
    }

    [Fact]
    public void On_the_CPU_there_is_nothing_to_capture_and_nothing_to_say() => Assert.Empty(Train("mamba", Small, documents: false, Device.Cpu).Notes);

    private static void RequireGpu()
    {
        var exists = CudaDevice.TryCreate(0, out _, out var reason);
        Skip.IfNot(exists, reason);
    }

    private static void Same(Outcome expected, Outcome actual)
    {
        Assert.Equal(expected.Metrics, actual.Metrics);
        Assert.Equal(expected.Weights.Length, actual.Weights.Length);
        Assert.All(expected.Weights.Zip(actual.Weights), pair => Assert.Equal(pair.First, pair.Second));
    }

    private static Outcome Train(string kind, LanguageModelSettings settings, bool documents, Device? device = null)
    {
        using var scope = new TensorScope();
        var ids = new int[5000];
        new RandomSource(1).FillIntegers(ids, Vocabulary);
        int[] starts = documents ? [.. Enumerable.Range(0, 100).Select(i => 50 * i)] : [0];
        var model = new SequenceModel(ModelKinds.Configure(kind, Vocabulary, settings.Width, (int)settings.Layers), new RandomSource(2));
        model.MoveTo(device ?? Device.Cuda());
        if (settings.Precision == Precision.BFloat16) model.Activations = DType.BFloat16;
        var notes = new List<string>();
        using var loop = new TrainingLoop(settings, model, new TokenText(ids, starts), new RandomSource(3), notify: notes.Add);
        var metrics = Enumerable.Range(0, (int)settings.Steps).Select(step => loop.Step(step)).ToArray();
        return new(metrics, [.. model.Parameters.Select(parameter => parameter.Value.ToArray<float>())], notes);
    }

    private sealed record Outcome(StepMetric[] Metrics, float[][] Weights, List<string> Notes);
}
