using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Writes a layout into the weights of a <see cref="SequenceModel"/>: S6 layers with an MLP behind each.</summary>
/// <remarks>
/// A table's unit is the difference of two inner channels of S6, SiLU(K x) − SiLU(K (x − 1)) with x = Σ conditions − n + 3/2 and K so large that it is K
/// or 0. Units select B and Δ of the cells, which are channels of the same layer: Δ = 0 holds; with A = −1, Δ = ln 4 makes a gate of 1/4 and a large Δ one
/// of 0; with gates 2 exp(ΔA) − 1, a large Δ makes one of −1; with A = −ε, any Δ counts; with A = −ε + 2πi/(32 m), Δ = 32 k turns by k/m of a circle. The
/// MLP behind it reads the cells by steps, which are differences of two GELUs. What conditions read is ±1, and a large constant channel makes each norm a
/// fixed factor, so that no error grows with the length except that of turning cells, and counters are right as far as float32 counts.
/// </remarks>
internal static class NetworkWriter
{
    /// <summary>What a unit is where it is on; beyond it SiLU and softplus are their limits in float32.</summary>
    private const double On = 128;

    /// <summary>The constant channel: its square drowns those of all others in float32; counters, which grow, need a larger one.</summary>
    private const double Small = 1 << 15, Large = 1 << 24;

    /// <summary>Δ before softplus where a layer's cells are held.</summary>
    private const double Held = -32;

    /// <summary>Steepness of the MLP's steps and units.</summary>
    private const double Steepness = 256;

    /// <summary>Δ of a step of the circle or a count, and the decay that a restart multiplies by so much that it is complete.</summary>
    private const double Turn = 32, Decay = 1e-11, Restarted = 1L << 43;

    private const long MostWeights = 50_000_000;

    /// <summary>Makes the model. Token i is letter i of the alphabet; the last token ends a text and begins another.</summary>
    /// <exception cref="StudyInputException">It would be too large.</exception>
    public static SequenceModel Write(CompiledLayout layout)
    {
        var blocks = layout.Layers.Select((layer, i) => Block(layout, layer, isLast: i == layout.Layers.Count - 1)).ToList();
        var weights = blocks.Sum(block => (2 * (long)((S6Settings)block.Mixer).Expand * 3 * layout.Width * layout.Width) + (2 * (block.FeedForward is MlpSettings { Hidden: var hidden } ? hidden : 0) * layout.Width));
        if (weights > MostWeights) throw new StudyInputException($"the network would have about {weights} weights, more than {MostWeights}; take a simpler language");
        var model = new SequenceModel(
            new() { Vocabulary = layout.Letters + 1, Width = layout.Width, Blocks = blocks, TiedHead = false },
            source: null);
        var values = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => new WeightTable(parameter.Value), StringComparer.Ordinal);
        foreach (var table in values.Values) table.Clear();

        var constant = layout.Layers.Any(layer => layer.Kind == CellKind.Counter) ? Large : Small;

        // The norm divides by the root of the mean square, which the constant channel makes √(c²/D); the scale takes it back.
        var scale = Math.Sqrt((constant * constant / layout.Width) + model.Configuration.NormEpsilon);
        foreach (var (name, table) in values.Where(entry => entry.Key.EndsWith("norm.weight", StringComparison.Ordinal) || entry.Key == "norm_f.weight")) table.Fill(scale);
        for (var token = 0; token <= layout.Letters; token++)
        {
            values["embeddings.weight"][token, 0] = constant;
            for (var bit = 0; bit < layout.TokenBits; bit++) values["embeddings.weight"][token, 1 + bit] = (token >> bit & 1) != 0 ? 1 : -1;
            values["lm_head.weight"][token, layout.Logits + token] = 1;
        }

        for (var i = 0; i < layout.Layers.Count; i++)
        {
            var prefix = $"layers.{i}.";
            WriteMixer(layout.Layers[i], On / constant, name => values[prefix + "mixer." + name]);
            if (blocks[i].FeedForward is null) continue;
            var up = new StepWriter(values[prefix + "feed_forward.up.weight"], values[prefix + "feed_forward.up.bias"], values[prefix + "feed_forward.down.weight"], values[prefix + "feed_forward.down.bias"]);
            if (i < layout.Layers.Count - 1) WriteSteps(layout.Layers[i], up);
            else WriteReadout(layout, up);
        }

        return model;
    }

    private static BlockSettings Block(CompiledLayout layout, CompiledLayer layer, bool isLast)
    {
        var cells = layer.Orders.Count;
        var states = layer.ChannelsPerCell * cells;
        var inner = states + (2 * layer.Table.Count);
        var hidden = 2 * (isLast ? layout.Readout.Count : layer.Reading().Steps.Count);
        return new(
            new S6Settings
            {
                Complex = layer.Kind == CellKind.Cyclic,
                SignedGates = layer.Kind == CellKind.Sign,
                StateSize = states,
                SelectiveC = false,
                Expand = (inner + layout.Width - 1) / layout.Width,
                ConvolutionSize = 1,
                DeltaRank = cells,
            },
            hidden == 0 ? null : new MlpSettings { Hidden = hidden });
    }

    private static void WriteMixer(CompiledLayer layer, double on, Func<string, WeightTable> weights)
    {
        var cells = layer.Orders.Count;
        var isCyclic = layer.Kind == CellKind.Cyclic;
        var channelsPerCell = layer.ChannelsPerCell;
        var inner = weights("out_proj.weight").Columns;
        var (input, bias, scan, output) = (weights("in_proj.weight"), weights("conv1d.bias"), weights("x_proj.weight"), weights("out_proj.weight"));
        weights("conv1d.weight").Fill(1);
        weights("dt_proj.bias").Fill(Held);
        for (var channel = 0; channel < inner; channel++) input[inner + channel, 0] = on;
        for (var cell = 0; cell < cells; cell++)
        {
            for (var part = 0; part < channelsPerCell; part++)
            {
                var channel = (channelsPerCell * cell) + part;
                bias[0, channel] = On;
                weights("dt_proj.weight")[channel, cell] = 1;
                output[layer.Raw + channel, channel] = 1 / On;

                // y = 2 Re(C h) where complex: half of 1 reads the real part, half of −i the imaginary one.
                if (isCyclic) weights(part == 0 ? "c_re" : "c_im")[channel, cell] = 0.5;
                else weights("c")[channel, cell] = 1;
            }
        }

        if (isCyclic || layer.Kind == CellKind.Counter) weights("A_log").Fill(Math.Log(Decay));
        if (isCyclic)
        {
            for (var cell = 0; cell < cells; cell++)
            {
                for (var channel = 0; channel < inner; channel++) weights("A_im")[channel, cell] = 2 * Math.PI / (Turn * layer.Orders[cell]);
            }
        }

        for (var i = 0; i < layer.Table.Count; i++)
        {
            // Of two channels, the second takes away what the first has too much: together they are On or 0, however the conditions are rounded.
            for (var part = 0; part < 2; part++)
            {
                var (unit, channel, sign) = (layer.Table[i], (channelsPerCell * cells) + (2 * i) + part, 1 - (2 * part));
                var offset = 1.5 - unit.Conditions.Count - part;
                foreach (var condition in unit.Conditions)
                {
                    offset += condition.Offset;
                    foreach (var (at, weight) in condition.Terms) input[channel, at] += On * weight;
                }

                bias[0, channel] = On * offset;
                weights("D")[0, channel] = 1 / On;
                foreach (var (first, bits, number) in unit.Writes)
                {
                    for (var bit = 0; bit < bits; bit++) output[first + bit, channel] += ((number >> bit & 1) != 0 ? sign : -sign) / On;
                }

                WriteAction(layer, unit.Action, scan, channel, sign / On);
                if (layer.Kind != CellKind.History || unit.Action.Kind != UnitKind.Set) continue;

                // That the cells were set moves what is read into zones of its own.
                for (var cell = 0; cell < cells; cell++) output[layer.Raw + cell, channel] += sign * CompiledLayer.SetOffset / On;
            }
        }
    }

    /// <summary>Writes what a unit makes of Δ and B, each times the unit's share.</summary>
    private static void WriteAction(CompiledLayer layer, UnitAction action, WeightTable scan, int channel, double share)
    {
        var cells = layer.Orders.Count;
        switch (action.Kind)
        {
            case UnitKind.Set:
                // softplus(ln 3) = ln 4, and softplus(0) = ln 2, which makes 2 exp(−Δ) − 1 zero.
                var (raw, size, unit) = layer.Kind switch
                {
                    CellKind.History => (Math.Log(3), Math.Log(4), 1),
                    CellKind.Sign => (0, Math.Log(2), -2),
                    _ => (2 * -Held, 2 * -Held, 1),
                };
                for (var cell = 0; cell < cells; cell++)
                {
                    if (action.Value[cell] >= 0) Move(cell, raw, size, unit * action.Value[cell]);
                }

                break;
            case UnitKind.Turn when layer.Kind == CellKind.Sign:
                for (var cell = 0; cell < cells; cell++)
                {
                    if (action.Value[cell] != 0) Move(cell, On, On, -2);
                }

                break;
            case UnitKind.Count:
                for (var cell = 0; cell < cells; cell++)
                {
                    if (action.Value[cell] != 0) Move(cell, Turn, Turn, action.Value[cell]);
                }

                break;
            case UnitKind.Turn:
                for (var cell = 0; cell < cells; cell++)
                {
                    if (action.Value[cell] == 0) continue;
                    var step = Turn * action.Value[cell];
                    var (sin, cos) = Math.SinCos(2 * Math.PI * action.Value[cell] / layer.Orders[cell]);

                    // The state is the root of unity less 1, so that it begins with 0: g ← A g + (A − 1).
                    scan[cell, channel] = share * (step - Held);
                    scan[cells + cell, channel] = share * (cos - 1) / (step * On);
                    scan[cells + cells + cell, channel] = share * sin / (step * On);
                }

                break;
            case UnitKind.Restart:
                var away = layer.Kind switch
                {
                    CellKind.Cyclic or CellKind.Counter => Restarted,
                    CellKind.Sign => 0,
                    _ => 4 * -Held,
                };
                for (var cell = 0; cell < cells; cell++) Move(cell, away, 1, 0);
                break;
        }

        // Δ = softplus(raw), and what is added to the cell.
        void Move(int cell, double raw, double delta, double value)
        {
            scan[cell, channel] = share * (raw - Held);
            scan[cells + cell, channel] = share * value / (delta * On);
        }
    }

    private static void WriteSteps(CompiledLayer layer, StepWriter writer)
    {
        var (begin, steps) = layer.Reading();
        foreach (var (channel, value) in begin) writer.Begin(channel, value);
        foreach (var step in steps) writer.Step(step);
    }

    private static void WriteReadout(CompiledLayout layout, StepWriter writer)
    {
        foreach (var unit in layout.Readout) writer.Unit(unit.Conditions, [.. unit.Logits.Select((logit, token) => (layout.Logits + token, logit))]);
    }

    /// <summary>Fills an MLP, hidden channel by hidden channel.</summary>
    private sealed class StepWriter(WeightTable up, WeightTable upBias, WeightTable down, WeightTable downBias)
    {
        private int _next;

        /// <summary>Gives a channel a value before anything is added.</summary>
        public void Begin(int channel, double value) => downBias[0, channel] = value;

        /// <summary>A ramp as the difference of two hidden channels.</summary>
        public void Step(ReadStep step)
        {
            var third = (step.Above - step.Below) / 3;
            foreach (var (threshold, sign) in new[] { (step.Below + third, 1), (step.Above - third, -1) })
            {
                foreach (var (channel, weight) in step.Terms) up[_next, channel] = Steepness * weight;
                upBias[0, _next] = Steepness * (step.Offset - threshold);
                foreach (var (channel, value) in step.Outputs) down[channel, _next] = sign * value / (Steepness * third);
                _next++;
            }
        }

        /// <summary>Adds values where all conditions hold.</summary>
        public void Unit(IReadOnlyList<Literal> conditions, IReadOnlyList<(int Channel, double Value)> outputs)
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
    private sealed class WeightTable(Tensor tensor)
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
}
