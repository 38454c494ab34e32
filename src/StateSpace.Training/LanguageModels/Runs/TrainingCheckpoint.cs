using System.Globalization;
using StateSpace.Models;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.Distributed;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>Where a run stands, beside weights, moments and carried states.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="MetricsLength">Bytes of the journal that belong to them.</param>
/// <param name="BestStep">Step of the least held-out loss so far; −1 before the first evaluation.</param>
/// <param name="BestLoss">That loss, nats per token.</param>
/// <param name="EvaluatedStep">Step at which the newest evaluation was made; −1 before the first.</param>
/// <param name="Skipped">Steps in a row that were left out because the gradient was not finite.</param>
internal readonly record struct TrainingCounters(long Step, long MetricsLength, long BestStep, double BestLoss, long EvaluatedStep, long Skipped)
{
    public static TrainingCounters None => new(0, 0, -1, double.PositiveInfinity, -1, 0);
}

/// <summary>What training needs beside a model folder to go on: <c>training.safetensors</c> and <c>state-0.safetensors</c> and so on.</summary>
internal static class TrainingCheckpoint
{
    private const string FileName = "training.safetensors";
    private const string FormatKey = "format";
    private const string Format = "statespace-training-1";

    public static void Write(string folder, IReadOnlyList<(string Name, Tensor Value)> optimizer, IReadOnlyList<State?> states, TrainingCounters counters)
    {
        for (var i = 0; i < states.Count; i++) states[i]?.Save(StatePath(folder, i));
        using var scope = new TensorScope();
        SafeTensorsWriter.Write(Path.Combine(folder, FileName), optimizer, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [FormatKey] = Format,
            [nameof(counters.Step)] = Text(counters.Step),
            [nameof(counters.MetricsLength)] = Text(counters.MetricsLength),
            [nameof(counters.BestStep)] = Text(counters.BestStep),
            [nameof(counters.BestLoss)] = counters.BestLoss.ToString("R", CultureInfo.InvariantCulture),
            [nameof(counters.EvaluatedStep)] = Text(counters.EvaluatedStep),
            [nameof(counters.Skipped)] = Text(counters.Skipped),
        });

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Restores what <see cref="Write"/> wrote.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="optimizer">Gets its moments back.</param>
    /// <param name="states">Get the carried states, where there are any; the caller disposes them.</param>
    /// <param name="device">Where the states shall be.</param>
    /// <param name="parallel">Which moments this process holds; all where null.</param>
    /// <exception cref="RunFolderException">A file is missing or damaged.</exception>
    public static TrainingCounters Read(string folder, Optimizer optimizer, State?[] states, Device device, DataParallel? parallel = null)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            using var scope = new TensorScope();
            using var file = SafeTensorsFile.Open(path);
            if (file.Metadata.GetValueOrDefault(FormatKey) != Format) throw new CheckpointException(path, "is not the training state of this program");
            var state = file.LoadAll();
            optimizer.LoadState(parallel?.OwnState(optimizer, state) ?? state);
            for (var i = 0; i < states.Length; i++)
            {
                if (!File.Exists(StatePath(folder, i))) continue;
                states[i] = State.Load(StatePath(folder, i)).To(device).Keep();
            }

            return new(
                Number(nameof(TrainingCounters.Step)),
                Number(nameof(TrainingCounters.MetricsLength)),
                Number(nameof(TrainingCounters.BestStep)),
                double.Parse(file.Metadata[nameof(TrainingCounters.BestLoss)], CultureInfo.InvariantCulture),
                Number(nameof(TrainingCounters.EvaluatedStep)),
                Number(nameof(TrainingCounters.Skipped)));

            long Number(string name) => long.Parse(file.Metadata[name], CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is CheckpointException or KeyNotFoundException or FormatException or OverflowException)
        {
            throw RunFolderException.Unusable(folder, $"is damaged ({error.Message}); delete it to begin the run anew", error);
        }
    }

    private static string StatePath(string folder, int part) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"state-{part}.safetensors"));
}
