using System.Globalization;
using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// A training on the published files as the authors did it: Mamba with layer norms and 16 states a channel, AdamW at a constant rate with decay 0.1 of all
/// weights, biases and norms included, no clipping. Unlike theirs, it is seeded and takes the words in a new order in each epoch.
/// </summary>
/// <param name="Course">The language, its loss and epochs.</param>
/// <param name="Layers">Blocks L.</param>
/// <param name="Width">Channels D.</param>
/// <param name="Rate">The rate.</param>
/// <param name="Percent">Share of the epochs that is trained, %.</param>
/// <param name="Seed">Seed of initial values and order.</param>
internal sealed record ProtocolRun(PublishedCourse Course, int Layers, int Width, double Rate, int Percent, long Seed)
{
    private const double WeightDecay = 0.1;
    private const int TestBatch = 50;

    private int Epochs => Math.Max(1, Course.Epochs * Percent / 100);

    private PublishedTask Task => PublishedTask.All.First(task => task.Language == Course.Language);

    private double Symbols => (double)Task.Training.Count * (Task.Training.Shortest + Task.Training.Longest) / 2;

    /// <summary>Id of the job.</summary>
    public string Id => $"protocol.{Course.Language}.layers{Layers}.width{Width}.rate{Rate.ToString(CultureInfo.InvariantCulture)}.seed{Seed}";

    /// <summary>The job, with an estimate of its seconds on one core.</summary>
    /// <param name="folder">Where the published files are; that of SSM_DATA where empty.</param>
    /// <param name="device">Where to compute.</param>
    public StudyJob Job(string folder, Device device) => PartJobs.Job(
        Id, $"{Course.Language}: published protocol, {Layers} layer{(Layers == 1 ? "" : "s")}, width {Width}, rate {Rate.ToString(CultureInfo.InvariantCulture)}, seed {Seed}",
        1 + (1e-7 * Width * Layers * Symbols * Epochs), context => Train(folder, device, context));

    private ProtocolOutcome Train(string folder, Device device, JobContext context)
    {
        if (PublishedFiles.Find(folder) is not { } path) return new(false, 0, []);
        using var files = PublishedFiles.Open(path);
        var language = LanguageCatalog.Find(Course.Language);
        var words = files.Training(language);
        var classes = words.SelectMany(word => word.Labels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var random = new RandomSource((ulong)Seed).Split(Id);

        // One token, and where entropy is trained one class, is for what lies behind the end of a word.
        using var model = new SequenceModel(Network(Math.Max(language.Alphabet.Length, classes.Length) + 1), random.Split("model"));
        foreach (var parameter in model.Parameters)
        {
            foreach (var part in parameter.Parts) parameter.Assign(part.Name, part.Role with { DecayMultiplier = 1 });
        }

        model.MoveTo(device);
        using var optimizer = new AdamW(model.Parameters, weightDecay: WeightDecay);
        var (shuffle, steps) = (random.Split("order"), (words.Count + Course.Batch - 1) / Course.Batch);
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var order = Enumerable.Range(0, words.Count).ToArray();
            shuffle.Shuffle<int>(order);
            for (var step = 0; step < steps; step++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                optimizer.ZeroGradient();
                using (var scope = new TensorScope())
                using (var tape = new Tape())
                {
                    var batch = order.Skip(step * Course.Batch).Take(Course.Batch).Select(i => words[i]).ToList();
                    tape.Backward(Loss(model, language, classes, batch));
                }

                optimizer.Step(Rate);
                context.Report(0.95 * ((epoch * steps) + step + 1) / (Epochs * steps));
            }
        }

        return new(true, model.ParameterCount, [.. Task.Bins.Select((_, bin) => Strict(model, language, classes, files.Test(language, bin), context))]);
    }

    private SequenceModelConfiguration Network(int vocabulary) => new()
    {
        Vocabulary = vocabulary,
        Width = Width,
        TiedHead = false,
        Norm = NormKind.Layer,
        Blocks = [.. Enumerable.Repeat(new BlockSettings(new MambaSettings()), Layers)],
    };

    private Tensor Loss(SequenceModel model, FormalLanguage language, string[] classes, List<LabelledWord> words)
    {
        var (ids, labels) = Batch(language, classes, words);
        var logits = model.Forward(ids.To(model.Device)).Logits!;
        if (Course.Loss == ProtocolLoss.Entropy)
        {
            for (var i = 0; i < labels.Length; i++) labels[i] = labels[i] < 0 ? classes.Length : labels[i];
            return CrossEntropy.Apply(logits, Tensor.From<int>(labels, ids.Shape).To(model.Device));
        }

        // Behind the end of a word the prediction is masked, which makes it right.
        var (count, vocabulary) = (classes.Length, (int)logits.Shape[2]);
        float[] targets = new float[labels.Length * vocabulary], mask = new float[labels.Length * vocabulary];
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0) continue;
            targets[(i * vocabulary) + labels[i]] = 1;
            mask.AsSpan(i * vocabulary, count).Fill(1);
        }

        var difference = (logits * Tensor.From<float>(mask, logits.Shape).To(model.Device)) - Tensor.From<float>(targets, logits.Shape).To(model.Device);
        return difference.Square().Sum() / ((double)labels.Length * count);
    }

    private static double Strict(SequenceModel model, FormalLanguage language, string[] classes, IReadOnlyList<LabelledWord> words, JobContext context)
    {
        using var pause = Tape.Pause();
        var right = 0;
        foreach (var batch in words.OrderBy(word => word.Word.Length).Chunk(TestBatch))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var (ids, labels) = Batch(language, classes, batch);
            var output = model.Forward(ids.To(model.Device)).Logits!;
            var (logits, length, vocabulary) = (output.ToArray<float>(), (int)ids.Shape[1], (int)output.Shape[2]);
            right += Enumerable.Range(0, batch.Length).Count(i => Enumerable.Range(i * length, batch[i].Word.Length).All(at =>
                labels[at] >= 0 && TrainedTask.IsLargest(logits.AsSpan(at * vocabulary, classes.Length), labels[at])));
        }

        return 100.0 * right / words.Count;
    }

    /// <summary>Tokens, (B, L), and the number of the class of each position, −1 behind the end of a word and where training had no such class.</summary>
    private static (Tensor Ids, int[] Labels) Batch(FormalLanguage language, string[] classes, IReadOnlyList<LabelledWord> words)
    {
        var longest = words.Max(word => word.Word.Length);
        var ids = Tensor.Empty([words.Count, longest], DType.Int32);
        ids.Span<int>().Fill(language.Alphabet.Length);
        var labels = new int[words.Count * longest];
        labels.AsSpan().Fill(-1);
        for (var i = 0; i < words.Count; i++)
        {
            for (var at = 0; at < words[i].Word.Length; at++)
            {
                ids.Span<int>()[(i * longest) + at] = language.Alphabet.IndexOf(words[i].Word[at], StringComparison.Ordinal);
                labels[(i * longest) + at] = Array.IndexOf(classes, words[i].Labels[at]);
            }
        }

        return (ids, labels);
    }
}

/// <summary>What a training on the published files gave.</summary>
/// <param name="Found">Whether the files were there.</param>
/// <param name="Parameters">Trained values.</param>
/// <param name="Strict">Share of words, in %, of which every position is right, by bin.</param>
internal sealed record ProtocolOutcome(bool Found, long Parameters, double[] Strict);
