namespace StateSpace.Tensors;

/// <summary>
/// Releases, at its end, every tensor made within it on the same thread. Scopes nest; a tensor that must outlive its scope is
/// handed to the enclosing one by <see cref="Keep"/>.
/// </summary>
/// <example><code>
/// using var step = new TensorScope();
/// var loss = model.Loss(batch);      // intermediates are released with the scope
/// </code></example>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic]
    private static TensorScope? _current;

    private readonly TensorScope? _outer;
    private readonly bool _collects;
    private readonly List<Tensor> _tensors = [];
    private bool _ended;

    /// <summary>Opens a scope.</summary>
    public TensorScope()
        : this(collects: true)
    {
    }

    private TensorScope(bool collects)
    {
        _collects = collects;
        _outer = _current;
        _current = this;
    }

    /// <summary>Opens a scope whose tensors belong to nobody: they live until they are disposed. For parameters and states made within another scope.</summary>
    public static TensorScope Suspend() => new(collects: false);

    /// <summary>Runs a function in a scope of its own and keeps its result alone.</summary>
    public static Tensor Run(Func<Tensor> function)
    {
        using var scope = new TensorScope();
        return scope.Keep(function());
    }

    /// <summary>Hands a tensor to the enclosing scope; without one, it lives until it is disposed.</summary>
    /// <returns>The tensor.</returns>
    public Tensor Keep(Tensor tensor)
    {
        var index = _tensors.LastIndexOf(tensor);
        if (index < 0) return tensor;
        _tensors.RemoveAt(index);
        _outer?.Add(tensor);
        return tensor;
    }

    /// <summary>Ends the scope and releases its tensors.</summary>
    /// <exception cref="InvalidOperationException">A scope opened within this one has not ended.</exception>
    public void Dispose()
    {
        if (_ended) return;
        if (_current != this) throw new InvalidOperationException("a tensor scope ended before one opened within it, or on another thread");
        _ended = true;
        _current = _outer;
        foreach (var tensor in _tensors) tensor.Dispose();
        _tensors.Clear();
    }

    internal static void Register(Tensor tensor) => _current?.Add(tensor);

    private void Add(Tensor tensor)
    {
        if (_collects) _tensors.Add(tensor);
    }
}
