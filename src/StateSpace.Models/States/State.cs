using StateSpace.Tensors;

namespace StateSpace.Models.States;

/// <summary>
/// What a layer or a model remembers of what it has read: the states of its scans, the last inputs of its convolutions, the keys and values of its
/// attention. One type for every kind of layer. It is a value: a forward pass takes one and returns another, and none is changed in place.
/// </summary>
/// <remarks>
/// The tensors are handles: those that a forward pass makes belong to the <see cref="TensorScope"/> in which it runs, and may carry gradient history.
/// A state that is to outlive the scope is kept by <see cref="Keep"/>, whose result the caller disposes.
/// </remarks>
public sealed class State : IDisposable
{
    private readonly (string Name, State State)[] _children;
    private readonly (string Name, Tensor Value)[] _own;
    private readonly (string Name, Func<Tensor> Compute)[] _deferred;
    private IReadOnlyList<(string Name, Tensor Value)>? _parts;

    /// <summary>A state of these parts.</summary>
    /// <param name="batch">Number of sequences B.</param>
    /// <param name="position">Tokens read so far by each sequence.</param>
    /// <param name="parts">Tensors whose first axis is B, by names that are unique; a name may contain dots.</param>
    /// <exception cref="ShapeException">The first axis of a part is not B.</exception>
    public State(long batch, long position, params (string Name, Tensor Value)[] parts)
        : this(batch, position, parts, [], [])
    {
    }

    private State(long batch, long position, (string, Tensor)[] own, (string, Func<Tensor>)[] deferred, (string, State)[] children)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        (Batch, Position, _own, _deferred, _children) = (batch, position, own, deferred, children);
        foreach (var (name, value) in _own) RequireBatch(name, value);
    }

    /// <summary>Number of sequences B.</summary>
    public long Batch { get; }

    /// <summary>Tokens read so far by each sequence.</summary>
    public long Position { get; }

    /// <summary>Whether a forward pass that no tape records may write the state after it in this one's place: for who holds the only handle and needs this state no more.</summary>
    internal bool MayBeOverwritten { get; init; }

    /// <summary>The tensors, by names such as <c>layers.3.conv</c>; the first axis of each is B.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Parts => _parts ??= [.. Collect()];

    /// <summary>Memory of all parts, in bytes.</summary>
    public long Bytes => Parts.Sum(part => part.Value.Count * part.Value.DType.Size());

    /// <summary>The part of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such part.</exception>
    public Tensor this[string name]
    {
        get
        {
            // A layer asks for its own two or three parts at every token: no dictionary.
            foreach (var (own, value) in _own)
            {
                if (string.Equals(own, name, StringComparison.Ordinal)) return value;
            }

            foreach (var (part, value) in Parts)
            {
                if (string.Equals(part, name, StringComparison.Ordinal)) return value;
            }

            throw new KeyNotFoundException($"the state has no part '{name}'; it has {string.Join(", ", Parts.Select(part => part.Name))}");
        }
    }

    /// <summary>States one beside the other as one: the parts of each get its prefix and a dot in front.</summary>
    /// <param name="batch">Number of sequences B.</param>
    /// <param name="position">Tokens read so far by each sequence.</param>
    /// <param name="states">States of the same B, by prefixes such as <c>layers.3</c>.</param>
    /// <exception cref="ArgumentException">B differs.</exception>
    public static State Join(long batch, long position, params (string Prefix, State State)[] states)
    {
        foreach (var (prefix, state) in states)
        {
            if (state.Batch != batch) throw new ArgumentException($"the state of {prefix} has {state.Batch} sequences, not {batch}", nameof(states));
        }

        return new(batch, position, [], [], states);
    }

    /// <summary>Reads a state from a file that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="Checkpoints.CheckpointException">The file cannot be read, or holds no state.</exception>
    public static State Load(string path) => StateFile.Read(path);

    /// <summary>Writes the state as safetensors, with position and batch in the file's metadata. Written beside the path and renamed into place.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="Checkpoints.CheckpointException">The file cannot be written.</exception>
    public void Save(string path) => StateFile.Write(path, this);

    /// <summary>The parts whose names begin with a prefix and a dot, by the rest of their names: what one layer of a model remembers.</summary>
    /// <param name="prefix">Such as <c>layers.3</c>.</param>
    /// <returns>A state of the same position; without parts where none begins so.</returns>
    public State Scope(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        foreach (var (name, state) in _children)
        {
            if (string.Equals(name, prefix, StringComparison.Ordinal)) return state;
        }

        var begin = prefix + ".";
        var parts = Parts.Where(part => part.Name.StartsWith(begin, StringComparison.Ordinal));
        return new(Batch, Position, [.. parts.Select(part => (part.Name[begin.Length..], part.Value))]) { MayBeOverwritten = MayBeOverwritten };
    }

    /// <summary>Another state on the same memory, disposed apart from this one: two continuations of one beginning. Gradients flow through both.</summary>
    public State Fork() => Map(value => value.Reshape(value.Shape));

    /// <summary>The state of one sequence as that of several: one beginning, a batch of continuations.</summary>
    /// <param name="copies">The new B, at least 1.</param>
    /// <exception cref="InvalidOperationException">There is more than one sequence.</exception>
    public State Repeat(long copies)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(copies, 1);
        if (Batch != 1) throw new InvalidOperationException($"a state of {Batch} sequences cannot be repeated; only one of one sequence can");
        return Map(copies, value => value.BroadcastTo(value.Shape.With(0, copies)));
    }

    /// <summary>The same memory without gradient history: gradients stop here, as between the windows of truncated back-propagation through time.</summary>
    public State Detach() => Map(value => value.Detach());

    /// <summary>
    /// Handles that outlive the current <see cref="TensorScope"/>, on the same memory, without gradient history. The caller disposes the result.
    /// </summary>
    public State Keep()
    {
        // A part that is computed only on demand is computed within the caller's scope.
        var parts = Parts;
        using (TensorScope.Suspend()) return new(Batch, Position, [.. parts.Select(part => (part.Name, part.Value.Detach()))]);
    }

    /// <summary>The parts with other element types: floating-point ones get this type.</summary>
    /// <param name="dtype">Float32 or Float64.</param>
    public State Convert(DType dtype) => Map(value => value.DType.IsFloating() ? value.Convert(dtype) : value);

    /// <summary>The parts on a device.</summary>
    /// <param name="device">The device.</param>
    public State To(Device device) => Map(value => value.To(device));

    /// <summary>Releases the tensors' handles, whoever else holds them through this object.</summary>
    public void Dispose()
    {
        foreach (var (_, value) in _parts ?? _own) value.Dispose();
        foreach (var (_, state) in _children) state.Dispose();
    }

    /// <summary>Position, batch and bytes.</summary>
    public override string ToString() => $"state of {Batch} sequences at position {Position}, {Bytes} bytes";

    /// <summary>A state some of whose parts are computed when somebody asks for them, within the scope and on the tape that are current then.</summary>
    /// <remarks>For layers whose fastest forward pass does not yield the state, which training does not ask for.</remarks>
    internal static State Of(long batch, long position, (string Name, Tensor Value)[] parts, (string Name, Func<Tensor> Compute)[] deferred) =>
        new(batch, position, parts, deferred, []);

    private State Map(Func<Tensor, Tensor> function) => Map(Batch, function);

    private State Map(long batch, Func<Tensor, Tensor> function) => new(batch, Position, [.. Parts.Select(part => (part.Name, function(part.Value)))]);

    private IEnumerable<(string Name, Tensor Value)> Collect()
    {
        foreach (var part in _own) yield return part;
        foreach (var (name, compute) in _deferred)
        {
            var value = compute();
            RequireBatch(name, value);
            yield return (name, value);
        }

        foreach (var (prefix, state) in _children)
        {
            foreach (var (name, value) in state.Parts) yield return ($"{prefix}.{name}", value);
        }
    }

    private void RequireBatch(string name, Tensor value) =>
        ShapeException.Require(value.Rank >= 1 && value.Shape[0] == Batch, nameof(State), $"part {name} is {value}; its first axis must be the batch, {Batch}");
}
