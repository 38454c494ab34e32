using StateSpace.Models.Checkpoints;
using StateSpace.Models.HuggingFace;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;

namespace StateSpace.Models.Verification;

/// <summary>
/// A model against <c>expected.safetensors</c> beside its weights: <c>input_ids</c>, and of <c>logits</c>, <c>hidden.K</c>, <c>loss</c> (mean
/// next-token cross-entropy, nats), <c>grad.NAME</c> and <c>greedy</c> what is there.
/// </summary>
internal static class RecordedTruth
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "expected.safetensors";

    private const string Group = "recorded";
    private const string InputName = "input_ids";
    private const string GradientPrefix = "grad.";
    private const double HiddenTolerance = 2e-5, LossTolerance = 1e-6, GradientTolerance = 1e-4;

    // The recorded continuations begin with this many tokens of the first input.
    private const int PromptLength = 9;

    /// <summary>The recorded input, (B, L).</summary>
    /// <exception cref="CheckpointException">There is none, or it does not fit the model.</exception>
    public static Tensor Input(SafeTensorsFile file, SequenceModel model)
    {
        var ids = file.Load(InputName);
        if (ids.Rank != 2 || ids.DType.IsFloating() || ids.Shape[0] == 0 || ids.Shape[1] < 2)
        {
            throw new CheckpointException(file.Path, $"input_ids must be (B, L) of integers with L at least 2, not {ids}");
        }

        if (Array.Exists(ids.ToArray<long>(), id => id < 0 || id >= model.Configuration.Vocabulary))
        {
            throw new CheckpointException(file.Path, "input_ids holds numbers that are no tokens of the model");
        }

        return ids;
    }

    /// <summary>Compares everything that is recorded.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="file">The recording.</param>
    /// <param name="ids">The recorded input.</param>
    /// <param name="cancellation">Ends the run.</param>
    public static IEnumerable<ModelCheck> Compare(ModelFolder folder, SafeTensorsFile file, Tensor ids, CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var hidden = new List<Tensor>();
        List<ModelCheck> checks = [];
        using (var tape = new Tape())
        {
            ids = ids.To(folder.Model.Device);
            var output = folder.Model.Forward(ids, hidden: hidden);
            AddHidden(checks, file, hidden, output.Hidden);
            Add(checks, file, "logits", output.Logits!, HiddenTolerance);
            var loss = Loss(output.Logits!, ids);
            Add(checks, file, "loss", loss, LossTolerance);
            if (file.Entries.Any(entry => entry.Name.StartsWith(GradientPrefix, StringComparison.Ordinal)))
            {
                foreach (var parameter in folder.Model.Parameters) parameter.Value.ZeroGradient();
                tape.Backward(loss);
            }
        }

        cancellation.ThrowIfCancellationRequested();
        checks.AddRange(Gradients(folder, file));
        if (file.TryGet("greedy", out _)) checks.Add(Greedy(folder.Model, file, ids, cancellation));
        foreach (var entry in file.Entries.Where(entry => entry.Name != InputName && !checks.Exists(check => check.Name == entry.Name)))
        {
            checks.Add(new(Group, entry.Name, double.NaN, double.NaN, 0, Problem: "the model has nothing of this name"));
        }

        return checks;
    }

    /// <summary>
    /// hidden.0 … hidden.(n−1) are the streams before the n layers (transformers' Jamba) or after them (its Mamba, Mamba-2, FalconMamba), hidden.n
    /// is after the final norm.
    /// </summary>
    private static void AddHidden(List<ModelCheck> checks, SafeTensorsFile file, List<Tensor> streams, Tensor final)
    {
        if (!file.TryGet("hidden.0", out _)) return;
        var first = file.Load("hidden.0").ToArray<double>();
        var isBefore = Error(streams[0]) <= Error(streams[1]);
        for (var i = 0; i + 1 < streams.Count; i++) Add(checks, file, $"hidden.{i}", streams[isBefore ? i : i + 1], HiddenTolerance, isBefore ? i - 1 : i);
        Add(checks, file, $"hidden.{streams.Count - 1}", final, HiddenTolerance);

        double Error(Tensor stream) => ModelCheck.Of(Group, "hidden.0", first, stream.ToArray<double>(), HiddenTolerance, 1).MaximumError;
    }

    private static Tensor Loss(Tensor logits, Tensor ids)
    {
        var length = ids.Shape[1] - 1;
        return CrossEntropy.Apply(logits.Slice(1, 0, length), ids.Slice(1, 1, length));
    }

    private static void Add(List<ModelCheck> checks, SafeTensorsFile file, string name, Tensor actual, double tolerance, int? layer = null)
    {
        if (file.TryGet(name, out _)) checks.Add(ModelCheck.Of(Group, name, file.Load(name).ToArray<double>(), actual.ToArray<double>(), tolerance, scale: 1, layer));
    }

    private static IEnumerable<ModelCheck> Gradients(ModelFolder folder, SafeTensorsFile file)
    {
        var known = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var parameter in folder.Model.Parameters)
        {
            var name = folder.FileName(parameter);
            known[name] = parameter.Value.Gradient?.ToArray<double>() ?? new double[parameter.Value.Count];
            if (LoadedWeights.Fused(name, parameter) is { } fused) Place(known, folder.Model, fused, parameter, known[name]);
        }

        // A tied head is the embedding itself.
        if (folder.Model.Configuration.TiedHead) known.TryAdd("lm_head.weight", known[folder.FileName(folder.Model.Head.Weight)]);
        foreach (var entry in file.Entries.Where(entry => entry.Name.StartsWith(GradientPrefix, StringComparison.Ordinal)))
        {
            if (!known.TryGetValue(entry.Name[GradientPrefix.Length..], out var actual))
            {
                yield return new(Group, entry.Name, double.NaN, double.NaN, GradientTolerance, Problem: "the model has no parameter of this name");
                continue;
            }

            var expected = file.Load(entry.Name).ToArray<double>();
            var largest = ModelCheck.Scale(expected, 0);
            yield return ModelCheck.Of(Group, entry.Name, expected, actual, GradientTolerance, largest == 0 ? 1 : largest, LayerOf(entry.Name));
        }
    }

    private static int? LayerOf(string name)
    {
        var parts = name.Split('.');
        var index = Array.IndexOf(parts, "layers");
        return index >= 0 && index + 1 < parts.Length && int.TryParse(parts[index + 1], out var layer) ? layer : null;
    }

    /// <summary>Puts one expert's gradient where it lies in the tensor of all experts, (experts, rows, columns).</summary>
    private static void Place(Dictionary<string, double[]> known, SequenceModel model, (string Name, long Expert, long Row) fused, Parameter parameter, double[] gradient)
    {
        long rows = parameter.Value.Shape[0], columns = parameter.Value.Shape[1];
        if (fused.Name.EndsWith("gate_up_proj", StringComparison.Ordinal)) rows *= 2;
        var experts = model.Configuration.Blocks.Select(block => block.FeedForward).OfType<Layers.MixtureOfExpertsSettings>().Max(settings => settings.Experts);
        if (!known.TryGetValue(fused.Name, out var all)) known[fused.Name] = all = new double[experts * rows * columns];
        gradient.CopyTo(all, ((fused.Expert * rows) + fused.Row) * columns);
    }

    private static ModelCheck Greedy(SequenceModel model, SafeTensorsFile file, Tensor ids, CancellationToken cancellation)
    {
        var expected = file.Load("greedy").ToArray<long>();
        var input = ids.ToArray<long>();
        var shared = expected.Zip(input).TakeWhile(pair => pair.First == pair.Second).Count();
        var length = Math.Min(Math.Min(shared, PromptLength), (int)ids.Shape[1]);
        if (length == 0) return new(Group, "greedy", double.NaN, double.NaN, 0, Problem: "it does not begin with the first input");
        var prompt = expected[..length];
        var output = model.Forward(Tensor.From<long>(prompt, [1, length]).To(model.Device), rows: LogitRows.Last);
        var actual = GreedyText.Continue(model, output.Logits!, output.State, expected.Length - length, cancellation);
        for (var i = 0; i < actual.Length; i++)
        {
            if (actual[i] != expected[length + i])
            {
                return new(Group, "greedy", 1, 0, 0, Problem: $"token {i} of the continuation is {actual[i]}, not {expected[length + i]}");
            }
        }

        return new(Group, "greedy", 0, 0, 0);
    }
}
