using StateSpace.Tensors;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Fills hidden channels, one after the other: an affine map, a function that is 0 far below 0 and the identity far above, a linear map.</summary>
/// <param name="up">Weights into them, by hidden channel and channel.</param>
/// <param name="upBias">What is added.</param>
/// <param name="down">Weights out of them, by channel and hidden channel.</param>
/// <param name="begin">Gives a channel a value before anything is added.</param>
/// <param name="first">First of the hidden channels.</param>
internal sealed class StepWriter(WeightTable up, WeightTable upBias, WeightTable down, Action<int, double> begin, int first = 0)
{
    /// <summary>Steepness of units, and of what rises over a third of a channel's unit or more; narrower ramps are steeper.</summary>
    private const double Steepness = 256, Rise = 64;

    private int _next = first;

    /// <summary>Writes how a layer's cells are read.</summary>
    public void Read(CompiledLayer layer)
    {
        var (values, steps) = layer.Reading();
        foreach (var (channel, value) in values) begin(channel, value);
        foreach (var step in steps) Step(step);
    }

    /// <summary>Writes the units that give the logits.</summary>
    public void ReadOut(CompiledLayout layout)
    {
        foreach (var unit in layout.Readout) Unit(unit.Conditions, [.. unit.Logits.Select((logit, token) => (layout.Logits + token, logit))]);
    }

    /// <summary>A ramp as the difference of two hidden channels.</summary>
    private void Step(ReadStep step)
    {
        var third = (step.Above - step.Below) / 3;
        var steepness = Math.Max(Steepness, Rise / third);
        foreach (var (threshold, sign) in new[] { (step.Below + third, 1), (step.Above - third, -1) })
        {
            foreach (var (channel, weight) in step.Terms) up[_next, channel] = steepness * weight;
            upBias[0, _next] = steepness * (step.Offset - threshold);
            foreach (var (channel, value) in step.Outputs) down[channel, _next] = sign * value / (steepness * third);
            _next++;
        }
    }

    /// <summary>Adds values where all conditions hold.</summary>
    private void Unit(IReadOnlyList<Literal> conditions, IReadOnlyList<(int Channel, double Value)> outputs)
    {
        for (var part = 0; part < 2; part++)
        {
            var offset = 1.5 - conditions.Count - part;
            foreach (var condition in conditions)
            {
                offset += condition.Offset;
                foreach (var (channel, weight) in condition.Terms) up[_next, channel] += Steepness * weight;
            }

            upBias[0, _next] = Steepness * offset;
            foreach (var (channel, value) in outputs) down[channel, _next] = (1 - (2 * part)) * value / Steepness;
            _next++;
        }
    }
}

/// <summary>A weight by row and column; a vector is one row.</summary>
internal sealed class WeightTable(Tensor tensor)
{
    public int Columns { get; } = (int)tensor.Shape[^1];

    public double this[int row, int column]
    {
        get => tensor.Span<float>()[(row * Columns) + column];
        set => tensor.Span<float>()[(row * Columns) + column] = (float)value;
    }

    public void Clear() => tensor.Span<float>().Clear();

    public void Fill(double value) => tensor.Span<float>().Fill((float)value);
}
