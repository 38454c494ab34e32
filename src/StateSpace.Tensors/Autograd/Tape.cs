namespace StateSpace.Tensors.Autograd;

/// <summary>
/// Records operations on the thread that opened it, until it is disposed, and runs them in reverse to get gradients.
/// </summary>
/// <example><code>
/// using var scope = new TensorScope();
/// using var tape = new Tape();
/// var loss = (x.MatMul(weight) - target).Square().Mean();
/// tape.Backward(loss);               // adds to weight.Gradient
/// </code></example>
public sealed class Tape : IDisposable
{
    [ThreadStatic]
    private static Tape? _current;

    private readonly Tape? _outer;
    private readonly List<TapeRecord> _records = [];
    private bool _ended;

    /// <summary>Begins to record; an enclosing tape pauses meanwhile.</summary>
    public Tape()
    {
        _outer = _current;
        _current = this;
    }

    /// <summary>A function that handles one operation's turn in a reverse pass.</summary>
    /// <param name="step">The turn.</param>
    public delegate void ReverseRule(GradientStep step);

    /// <summary>The tape that records on this thread, or null.</summary>
    public static Tape? Current => _current;

    /// <summary>Number of recorded operations.</summary>
    public int Count => _records.Count;

    /// <summary>Stops recording on this thread until the result is disposed: for evaluation and updates.</summary>
    public static IDisposable Pause() => new PauseScope();

    /// <summary>
    /// Runs a function without keeping its intermediates, and runs it again when its gradient is needed: memory for time
    /// (activation checkpointing).
    /// </summary>
    /// <param name="function">From the inputs to the outputs; a function of the inputs and of leaves (parameters) alone, the same at each call.</param>
    /// <param name="inputs">Inputs through which gradients shall flow.</param>
    /// <returns>The function's outputs.</returns>
    public static Tensor[] Recompute(Func<Tensor[], Tensor[]> function, params Tensor[] inputs) => Autograd.Recompute.Apply(function, inputs);

    /// <summary>Adds to the <see cref="Tensor.Gradient"/> of every leaf the gradient of a scalar. The records are released: a tape runs back once.</summary>
    /// <param name="loss">A tensor of one element that was computed on this tape.</param>
    /// <param name="leafDone">Called for each leaf when its gradient is complete, in the order of the reverse pass, which goes on afterwards.</param>
    /// <exception cref="InvalidOperationException">The loss is not a scalar, or does not depend on a leaf through this tape.</exception>
    public void Backward(Tensor loss, Action<Tensor>? leafDone = null)
    {
        if (loss.Count != 1) throw new InvalidOperationException($"Backward starts at a scalar, not at {loss}; give output gradients for anything else");
        using var seed = TensorScope.Run(() => Tensor.Ones(loss.Shape, loss.DType, loss.Device));
        Reverse([loss], [seed], step => step.Operation.Backward(step), retain: false, leafDone);
    }

    /// <summary>Adds to the gradient of every leaf the gradient of Σ ⟨output, output gradient⟩.</summary>
    /// <param name="outputs">Tensors computed on this tape.</param>
    /// <param name="outputGradients">One of the same shape for each.</param>
    /// <param name="retain">Whether to keep the records for another pass.</param>
    public void Backward(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> outputGradients, bool retain = false) =>
        Reverse(outputs, outputGradients, static step => step.Operation.RunBackward(step), retain);

    /// <summary>
    /// Runs the records in reverse with any rule that turns what arrived at an operation's outputs into what its inputs get.
    /// The gradient pass is this with each operation's own rule; relevance propagation is another rule.
    /// </summary>
    public void Reverse(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> seeds, ReverseRule rule, bool retain = false) =>
        Reverse(outputs, seeds, rule, retain, leafDone: null);

    /// <summary>Ends the recording and releases what the records hold.</summary>
    /// <exception cref="InvalidOperationException">A tape opened within this one has not ended.</exception>
    public void Dispose()
    {
        if (_ended) return;
        if (_current != this) throw new InvalidOperationException("a tape ended before one opened within it, or on another thread");
        _ended = true;
        _current = _outer;
        foreach (var record in _records) record.Dispose();
        _records.Clear();
    }

    /// <returns>Whether a reverse pass may need the operation.</returns>
    internal bool Record(Operation operation, Tensor[] inputs, Tensor[] outputs)
    {
        var tracked = operation.ReadsLeaves;
        foreach (var input in inputs)
        {
            tracked |= input.IsTracked;
            if (input.Producer is { } producer && producer.Tape != this)
            {
                throw new InvalidOperationException(
                    $"{operation.Name}: the input {input} was recorded on another tape; pass it through the inputs of Recompute, or detach it");
            }
        }

        if (tracked) _records.Add(new(this, operation, inputs, outputs));
        return tracked;
    }

    private void Reverse(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> seeds, ReverseRule rule, bool retain, Action<Tensor>? leafDone)
    {
        using var pause = Pause();
        var uses = leafDone is null ? null : new LeafUses(_records);
        for (var i = 0; i < outputs.Count; i++)
        {
            if (outputs[i].Producer is not { } producer || producer.Tape != this)
            {
                throw new InvalidOperationException($"the tensor {outputs[i]} does not depend on a tensor that requires a gradient through this tape");
            }

            if (producer.IsReleased) throw new InvalidOperationException("a tape runs back once; pass retain: true to the first pass");
            producer.Receive(outputs[i].ProducerOutput, seeds[i]);
        }

        for (var i = _records.Count - 1; i >= 0; i--)
        {
            var record = _records[i];
            if (record.IsReached)
            {
                using var scope = new TensorScope();
                rule(new GradientStep(record));
                record.ClearGradients();
            }

            uses?.Passed(record, leafDone!);
            if (!retain)
            {
                record.Dispose();
                _records.RemoveAt(i);
            }
        }
    }

    private sealed class PauseScope : IDisposable
    {
        private readonly Tape? _paused = _current;

        public PauseScope() => _current = null;

        public void Dispose() => _current = _paused;
    }
}
