namespace StateSpace.Studies.FormalLanguages;

/// <summary>What is read off the states of all layers, one after the other, behind a token (−1 before the first).</summary>
internal delegate NextSymbols Readout(int token, ReadOnlySpan<double> h);

/// <summary>A network given by hand that tells what may follow each prefix of a language, for words of any length.</summary>
/// <param name="Name">Unique lower-case name.</param>
/// <param name="Language">The language.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Layers">Layers from input to output.</param>
/// <param name="Read">The readout.</param>
/// <param name="Recognizes">Whether words that no member begins with are told, too (as <see cref="NextSymbols.None"/>).</param>
internal sealed record Construction(
    string Name, FormalLanguage Language, string Source, IReadOnlyList<RecurrentLayer> Layers, Readout Read, bool Recognizes = false)
{
    /// <summary>Real numbers of state in all layers.</summary>
    public int Width => Layers.Sum(layer => layer.Size);

    /// <summary>The widest form of gate in any layer.</summary>
    public GateKind Gates => Layers.Max(layer => layer.Gates);
}

/// <summary>A construction as it runs in some numbers; a value that is copied to go on from the same point.</summary>
/// <typeparam name="T">How a number is held.</typeparam>
internal sealed class RunningConstruction<T>
{
    private readonly Construction _construction;
    private readonly INumbers<T> _numbers;
    private readonly T[] _states;
    private readonly double[] _values;
    private int _token = -1;

    public RunningConstruction(Construction construction, INumbers<T> numbers)
    {
        (_construction, _numbers) = (construction, numbers);
        _states = [.. construction.Layers.SelectMany(layer => layer.Initial).Select(numbers.Of)];
        _values = [.. _states.Select(numbers.ToDouble)];
    }

    private RunningConstruction(RunningConstruction<T> other)
    {
        (_construction, _numbers, _token) = (other._construction, other._numbers, other._token);
        (_states, _values) = ([.. other._states], [.. other._values]);
    }

    /// <summary>What the network says may follow.</summary>
    public NextSymbols Next => _construction.Read(_token, _values);

    public RunningConstruction<T> Copy() => new(this);

    public void Advance(int token)
    {
        _token = token;
        var start = 0;
        foreach (var layer in _construction.Layers)
        {
            var h = _states.AsSpan(start, layer.Size);
            layer.Step(_numbers, token, _values.AsSpan(0, start), h);
            for (var i = 0; i < h.Length; i++) _values[start + i] = _numbers.ToDouble(h[i]);
            start += layer.Size;
        }
    }
}
