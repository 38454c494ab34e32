namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>A network read token by token, which says what may follow.</summary>
internal interface INetworkRun
{
    /// <summary>What may follow; null where the network says nothing clear.</summary>
    NextSymbols? Next { get; }

    /// <summary>Reads a letter.</summary>
    void Advance(int letter);

    /// <summary>One that stands where this one does and goes on by itself.</summary>
    INetworkRun Copy();
}

/// <summary>
/// A layout carried out step by step in some numbers, such as multiples of 2^−p with overflow as an error: cells h ← A h + B, conditions and readings by
/// ramps, every value rounded.
/// </summary>
/// <remarks>A unit must be fully on or off; otherwise the network counts as unclear from then on.</remarks>
/// <typeparam name="T">How a number is held.</typeparam>
internal sealed class LayoutSimulation<T> : INetworkRun
{
    private readonly CompiledLayout _layout;
    private readonly INumbers<T> _numbers;
    private readonly (IReadOnlyList<(int Channel, double Value)> Begin, IReadOnlyList<ReadStep> Steps)[] _readings;
    private readonly T[][] _states;
    private readonly double[] _stream;
    private bool _isUnclear;

    /// <summary>The network at the beginning of a text.</summary>
    /// <param name="layout">The network.</param>
    /// <param name="numbers">How to compute.</param>
    public LayoutSimulation(CompiledLayout layout, INumbers<T> numbers)
    {
        (_layout, _numbers, _stream) = (layout, numbers, new double[layout.Width]);
        _readings = [.. layout.Layers.Select(layer => layer.Reading())];
        _states = [.. layout.Layers.Select(layer => Enumerable.Repeat(numbers.Of(0), layer.Orders.Count * layer.ChannelsPerCell).ToArray())];
        Advance(layout.Letters);
    }

    private LayoutSimulation(LayoutSimulation<T> other)
    {
        (_layout, _numbers, _readings, _isUnclear) = (other._layout, other._numbers, other._readings, other._isUnclear);
        (_states, _stream) = ([.. other._states.Select(state => (T[])state.Clone())], (double[])other._stream.Clone());
    }

    /// <inheritdoc/>
    public NextSymbols? Next
    {
        get
        {
            if (_isUnclear) return null;
            var symbols = 0UL;
            for (var token = 0; token <= _layout.Letters; token++)
            {
                var logit = _stream[_layout.Logits + token];
                if (Math.Abs(logit) < CompiledLayout.Allowed / 2) return null;
                if (token < _layout.Letters && logit > 0) symbols |= 1UL << token;
            }

            return new(symbols, _stream[_layout.Logits + _layout.Letters] > 0);
        }
    }

    /// <inheritdoc/>
    public INetworkRun Copy() => new LayoutSimulation<T>(this);

    /// <summary>Reads a token: a letter, or the one behind the letters, which ends a text.</summary>
    public void Advance(int letter)
    {
        _stream.AsSpan().Clear();
        for (var bit = 0; bit < _layout.TokenBits; bit++) _stream[1 + bit] = (letter >> bit & 1) != 0 ? 1 : -1;
        for (var i = 0; i < _layout.Layers.Count; i++)
        {
            Drive(_layout.Layers[i], _states[i]);
            foreach (var (channel, value) in _readings[i].Begin) _stream[channel] = value;
            foreach (var step in _readings[i].Steps)
            {
                var third = (step.Above - step.Below) / 3;
                var ramp = Rounded(Math.Clamp((Sum(step.Terms, step.Offset) - step.Below - third) / third, 0, 1));
                foreach (var (channel, value) in step.Outputs) _stream[channel] += ramp * value;
            }
        }

        foreach (var unit in _layout.Readout)
        {
            if (!IsOn(unit.Conditions)) continue;
            for (var token = 0; token < unit.Logits.Count; token++) _stream[_layout.Logits + token] += unit.Logits[token];
        }
    }

    private void Drive(CompiledLayer layer, T[] states)
    {
        // All units see what the layers before wrote.
        var on = layer.Table.Where(unit => IsOn(unit.Conditions)).ToList();
        foreach (var unit in on)
        {
            foreach (var (first, bits, number) in unit.Writes)
            {
                for (var bit = 0; bit < bits; bit++) _stream[first + bit] += (number >> bit & 1) != 0 ? 1 : -1;
            }

            for (var cell = 0; cell < layer.Orders.Count; cell++) Act(layer, unit.Action, cell, states);
        }

        var offset = layer.Kind == CellKind.History && on.Exists(unit => unit.Action.Kind == UnitKind.Set) ? CompiledLayer.SetOffset : 0;
        for (var i = 0; i < states.Length; i++) _stream[layer.Raw + i] = _numbers.ToDouble(states[i]) + offset;
    }

    private void Act(CompiledLayer layer, UnitAction action, int cell, T[] states)
    {
        switch (action.Kind)
        {
            case UnitKind.Set when layer.Kind == CellKind.Sign:
                if (action.Value[cell] >= 0) Update(states, cell, 0, -2 * action.Value[cell]);
                break;
            case UnitKind.Set:
                if (action.Value[cell] >= 0) Update(states, cell, layer.Kind == CellKind.History ? 0.25 : 0, action.Value[cell]);
                break;
            case UnitKind.Turn when layer.Kind == CellKind.Sign:
                if (action.Value[cell] != 0) Update(states, cell, -1, -2);
                break;
            case UnitKind.Turn when action.Value[cell] != 0:
                var (sin, cos) = Math.SinCos(2 * Math.PI * action.Value[cell] / layer.Orders[cell]);
                Turn(states, 2 * cell, cos, sin);
                break;
            case UnitKind.Count:
                Update(states, cell, 1, action.Value[cell]);
                break;
            case UnitKind.Restart:
                for (var part = 0; part < layer.ChannelsPerCell; part++) Update(states, (layer.ChannelsPerCell * cell) + part, 0, 0);
                break;
        }
    }

    private void Update(T[] states, int at, double gate, double input) =>
        states[at] = _numbers.Sum(_numbers.Product(_numbers.Of(gate), states[at]), _numbers.Of(input));

    private void Turn(T[] states, int at, double cos, double sin)
    {
        var (re, im) = (states[at], states[at + 1]);
        T Mix(double a, T x, double b, T y, double input) =>
            _numbers.Sum(_numbers.Sum(_numbers.Product(_numbers.Of(a), x), _numbers.Product(_numbers.Of(b), y)), _numbers.Of(input));
        states[at] = Mix(cos, re, -sin, im, cos - 1);
        states[at + 1] = Mix(sin, re, cos, im, sin);
    }

    private bool IsOn(IReadOnlyList<Literal> conditions)
    {
        // Σ conditions − n + 3/2. No condition is more than 1, so that the rest of them cannot bring back a sum that has fallen below 0.
        var x = 1.5;
        for (var i = 0; i < conditions.Count && x > 0; i++) x += Sum(conditions[i].Terms, conditions[i].Offset) - 1;
        _isUnclear |= x is > 0 and < 1;
        return x >= 1;
    }

    private double Sum(IReadOnlyList<(int Channel, double Weight)> terms, double offset)
    {
        for (var i = 0; i < terms.Count; i++) offset += terms[i].Weight * _stream[terms[i].Channel];
        return offset;
    }

    private double Rounded(double value) => _numbers.ToDouble(_numbers.Of(value));
}
