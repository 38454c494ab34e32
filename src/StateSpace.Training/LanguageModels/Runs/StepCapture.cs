using System.Globalization;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Training.LanguageModels.Data;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>Decides which steps of a training are recorded and replayed, and says once where and why one is not.</summary>
/// <param name="device">The GPU.</param>
/// <param name="capture">Records a step like the one of these batches.</param>
/// <param name="notify">Takes a line; null where nobody wants it.</param>
internal sealed class StepCapture(Device device, Func<IReadOnlyList<TokenBatch>, CapturedStep> capture, Action<string>? notify) : IDisposable
{
    /// <summary>Most parts of a step, each of which puts all its launches into the graph.</summary>
    public const long MostParts = 16;

    /// <summary>Steps of a kind that are launched one by one before it is recorded: they compile and load its kernels.</summary>
    private const int Warmup = 3;

    /// <summary>Share of the device's memory that graphs may hold: evaluations and other steps need theirs beside it.</summary>
    private const double MostMemory = 0.4;

    private readonly Dictionary<int, Kind> _kinds = [];

    /// <summary>Why no step of a training is captured, in words that follow "because"; null where steps may be.</summary>
    /// <param name="parts">Parts of a step.</param>
    /// <param name="mode">How text becomes batches.</param>
    /// <param name="processes">How many share a step.</param>
    public static string? WhyNot(long parts, BatchMode mode, int processes)
    {
        if (processes > 1) return $"{processes} processes share each step";
        if (mode == BatchMode.Carried) return "mode carried hands states from step to step";
        return parts > MostParts ? $"a step has {parts} parts, more than {MostParts}" : null;
    }

    /// <summary>The recorded step for such batches, now or earlier recorded; null where the step is to be launched.</summary>
    /// <param name="batches">The parts of the step.</param>
    public CapturedStep? Find(IReadOnlyList<TokenBatch> batches)
    {
        // All windows have one size; what differs is whether a document begins within one.
        var key = 0;
        for (var part = 0; part < batches.Count; part++) key |= batches[part].Resets is null ? 0 : 1 << part;
        if (!_kinds.TryGetValue(key, out var kind)) _kinds[key] = kind = new();
        if (kind.Step is null && !kind.IsRefused && kind.Launched++ == Warmup) Record(kind, batches);
        return kind.Step;
    }

    /// <summary>Releases the graphs and their memory.</summary>
    public void Dispose()
    {
        foreach (var kind in _kinds.Values) kind.Step?.Dispose();
        _kinds.Clear();
    }

    private void Record(Kind kind, IReadOnlyList<TokenBatch> batches)
    {
        var which = batches.Any(batch => batch.Resets is not null) ? "steps with documents that begin within a window" : "steps";
        try
        {
            var step = capture(batches);
            var held = step.HeldBytes + _kinds.Values.Sum(other => other.Step?.HeldBytes ?? 0);
            if (held > MostMemory * CudaDevice.Of(device).MemoryBytes)
            {
                step.Dispose();
                Refuse(kind, which, string.Create(CultureInfo.InvariantCulture, $"graphs would hold {held / (double)(1 << 30):0.0} GiB, which evaluations may need"));
                return;
            }

            kind.Step = step;
            notify?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{which} are replayed as a graph of {step.Nodes} launches, which holds {step.HeldBytes / (double)(1 << 20):0} MiB"));
        }
        catch (Exception error) when (error is InvalidOperationException or CudaException)
        {
            Refuse(kind, which, error.Message.ReplaceLineEndings(" "));
        }
    }

    private void Refuse(Kind kind, string which, string reason)
    {
        kind.IsRefused = true;
        notify?.Invoke($"{which} are not captured, because {reason}");
    }

    /// <summary>Steps whose launches are the same.</summary>
    private sealed class Kind
    {
        public int Launched { get; set; }

        public bool IsRefused { get; set; }

        public CapturedStep? Step { get; set; }
    }
}
