using System.Globalization;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.Steps;

/// <summary>
/// A training step: gradients, clipping, update. On a GPU steps are recorded after a few of their form and then replayed as a whole, for small models are
/// bound by the time that starting each launch takes. Replays give the bits of launched steps. On the CPU every step is launched.
/// </summary>
/// <remarks>
/// Steps are of one form where their inputs have the same shapes and types and the same ones are missing. What cannot be recorded, such as a layer that
/// decides on the host, is launched operation by operation, with a line that says why. Graphs keep memory of their own until this is disposed.
/// </remarks>
/// <example><code>
/// using var step = new ReplayedStep(optimizer, x =>
/// {
///     using var tape = new Tape();
///     var loss = CrossEntropy.Apply(model.Forward(x[0]!).Logits!, x[1]!);
///     tape.Backward(loss);
///     return [loss];
/// }, clip: 1);
/// for (var i = 0; i &lt; steps; i++) step.Run([ids, targets], schedule.Rate(i));
/// </code></example>
public sealed class ReplayedStep : IDisposable
{
    /// <summary>Steps of a form that are launched one by one before it is recorded: they compile and load its kernels.</summary>
    private const int Warmup = 3;

    /// <summary>Most forms that are recorded.</summary>
    private const int MostForms = 64;

    /// <summary>Share of the device's memory that graphs may hold: evaluations and other steps need theirs beside it.</summary>
    private const double MostMemory = 0.4;

    private readonly Optimizer _optimizer;
    private readonly Func<Tensor?[], Tensor[]> _accumulate;
    private readonly double? _clip;
    private readonly bool _replays;
    private readonly Action<string>? _notify;
    private readonly Dictionary<string, Form> _forms = new(StringComparer.Ordinal);

    /// <summary>A step.</summary>
    /// <param name="optimizer">Of parameters on one device; stays the caller's.</param>
    /// <param name="accumulate">
    /// From the inputs, on the parameters' device, adds the gradients of a loss and gives what is measured, such as the loss, within the current scope. It
    /// must depend on inputs and parameters alone.
    /// </param>
    /// <param name="clip">Largest Euclidean norm of the gradients; null to take them as they are. With a norm that is not finite a step changes nothing.</param>
    /// <param name="replays">Whether to record and replay where that is possible.</param>
    /// <param name="notify">Takes a line on what is replayed, and what not and why; null where nobody wants it.</param>
    public ReplayedStep(Optimizer optimizer, Func<Tensor?[], Tensor[]> accumulate, double? clip = null, bool replays = true, Action<string>? notify = null)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        (_optimizer, _accumulate, _clip, _notify) = (optimizer, accumulate, clip, notify);
        _replays = replays && optimizer.Parameters.Count > 0 && !Device.IsCpu;
    }

    private Device Device => _optimizer.Parameters[0].Value.Device;

    /// <summary>Makes a step. A GPU is not waited for.</summary>
    /// <param name="inputs">On any device; null for one that is missing.</param>
    /// <param name="rate">Learning rate, before the multipliers of groups and parameters.</param>
    /// <returns>What was measured, on the parameters' device, in the current scope. Read it before the next step, which may overwrite it.</returns>
    public Tensor[] Run(IReadOnlyList<Tensor?> inputs, double rate)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return _replays && Find(inputs) is { } captured ? captured.Replay(inputs, rate) : Launch(inputs, rate);
    }

    /// <summary>Releases the graphs and their memory.</summary>
    public void Dispose()
    {
        foreach (var form in _forms.Values) form.Step?.Dispose();
        _forms.Clear();
    }

    private Tensor[] Launch(IReadOnlyList<Tensor?> inputs, double rate)
    {
        _optimizer.ZeroGradient();
        Tensor[] outputs;
        using (var scope = new TensorScope())
        {
            outputs = [.. _accumulate([.. inputs.Select(input => input?.To(Device))]).Select(scope.Keep)];
        }

        if (_clip is { } most) _optimizer.ClipAndStep(rate, most);
        else _optimizer.Step(rate);
        return outputs;
    }

    /// <summary>The recorded step of such inputs, recorded now or earlier; null where it is to be launched.</summary>
    private CapturedStep? Find(IReadOnlyList<Tensor?> inputs)
    {
        var key = string.Join(';', inputs.Select(input => input is null ? "" : $"{input.DType} {input.Shape}"));
        if (!_forms.TryGetValue(key, out var form))
        {
            if (_forms.Count == MostForms) return null;
            _forms[key] = form = new() { Name = _forms.Count == 0 ? "steps" : "steps of another form" };
            if (_forms.Count == MostForms) _notify?.Invoke($"steps of further forms are not captured, because there are more than {MostForms}");
        }

        if (form.Step is null && !form.IsRefused && form.Launched++ == Warmup) Record(form, inputs);
        return form.Step;
    }

    private void Record(Form form, IReadOnlyList<Tensor?> inputs)
    {
        try
        {
            var step = new CapturedStep(Device, _optimizer, inputs, _clip, _accumulate);
            var held = step.HeldBytes + _forms.Values.Sum(other => other.Step?.HeldBytes ?? 0);
            if (held > MostMemory * CudaDevice.Of(Device).MemoryBytes)
            {
                step.Dispose();
                Refuse(form, string.Create(CultureInfo.InvariantCulture, $"graphs would hold {held / (double)(1 << 30):0.0} GiB, which evaluations may need"));
                return;
            }

            form.Step = step;
            _notify?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{form.Name} are replayed as a graph of {step.Nodes} launches, which holds {step.HeldBytes / (double)(1 << 20):0} MiB"));
        }
        catch (Exception error) when (error is InvalidOperationException or CudaException)
        {
            Refuse(form, error.Message.ReplaceLineEndings(" "));
        }
    }

    private void Refuse(Form form, string reason)
    {
        form.IsRefused = true;
        _notify?.Invoke($"{form.Name} are not captured, because {reason}");
    }

    /// <summary>Steps whose launches are the same.</summary>
    private sealed class Form
    {
        public required string Name { get; init; }

        public int Launched { get; set; }

        public bool IsRefused { get; set; }

        public CapturedStep? Step { get; set; }
    }
}
