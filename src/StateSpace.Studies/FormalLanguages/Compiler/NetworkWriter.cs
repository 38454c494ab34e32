using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Writes a layout into the weights of a <see cref="SequenceModel"/>: S6 layers with an MLP behind each.</summary>
/// <remarks>
/// A table's unit is the difference of two inner channels of S6, SiLU(K x) − SiLU(K (x − 1)) with x = Σ conditions − n + 3/2 and K so large that it is K
/// or 0. Units select B and Δ of the cells, which
/// are channels of the same layer: Δ = 0 holds; with A = −1, Δ = ln 4 makes a gate of 1/4 and a large Δ one of 0; with A = −ε + 2πi/(32 m), Δ = 32 k
/// turns by k/m of a circle. The MLP behind it reads the cells by steps, which are differences of two GELUs. Everything that is read is ±1, and a
/// large constant channel makes each norm a fixed factor, so that no error grows with the length except that of turning cells.
/// </remarks>
internal static class NetworkWriter
{
    /// <summary>What a unit is where it is on; beyond it SiLU and softplus are their limits in float32.</summary>
    private const double On = 128;

    /// <summary>The constant channel: its square drowns those of all others in float32.</summary>
    private const double Constant = 1 << 15;

    /// <summary>Δ before softplus where a layer's cells are held.</summary>
    private const double Held = -32;

    /// <summary>Steepness of the MLP's steps and units.</summary>
    private const double Steepness = 256;

    /// <summary>Δ of a step of the circle, and the decay that a restart multiplies by so much that it is complete.</summary>
    private const double Turn = 32, Decay = 1e-11, Restarted = 1L << 43;

    private const double Allowed = 16, Preference = 1.0 / 64;

    private const long MostWeights = 50_000_000;

    /// <summary>Makes the model. Token i is letter i of the alphabet; the last token ends a text and begins another.</summary>
    /// <exception cref="StudyInputException">It would be too large.</exception>
    public static SequenceModel Write(CompiledLayout layout, FiniteAutomaton automaton)
    {
        var blocks = layout.Layers.Select((layer, i) => Block(layout, layer, isLast: i == layout.Layers.Count - 1)).ToList();
        var weights = blocks.Sum(block => (2 * (long)((S6Settings)block.Mixer).Expand * 3 * layout.Width * layout.Width) + (2 * ((MlpSettings)block.FeedForward!).Hidden * layout.Width));
        if (weights > MostWeights) throw new StudyInputException($"the network would have about {weights} weights, more than {MostWeights}; take a simpler language");
        var model = new SequenceModel(
            new() { Vocabulary = automaton.Alphabet.Length + 1, Width = layout.Width, Blocks = blocks, TiedHead = false },
            source: null);
        var values = model.Parameters.ToDictionary(parameter => parameter.Name, parameter => new WeightTable(parameter.Value), StringComparer.Ordinal);
        foreach (var table in values.Values) table.Clear();

        // The norm divides by the root of the mean square, which the constant channel makes √(c²/D); the scale takes it back.
        var scale = Math.Sqrt((Constant * Constant / layout.Width) + model.Configuration.NormEpsilon);
        foreach (var (name, table) in values.Where(entry => entry.Key.EndsWith("norm.weight", StringComparison.Ordinal) || entry.Key == "norm_f.weight")) table.Fill(scale);
        for (var token = 0; token <= automaton.Alphabet.Length; token++)
        {
            values["embeddings.weight"][token, 0] = Constant;
            for (var bit = 0; bit < layout.TokenBits; bit++) values["embeddings.weight"][token, 1 + bit] = (token >> bit & 1) != 0 ? 1 : -1;
            values["lm_head.weight"][token, layout.Logits + token] = 1;
        }

        for (var i = 0; i < layout.Layers.Count; i++)
        {
            var prefix = $"layers.{i}.";
            WriteMixer(layout.Layers[i], (S6Settings)blocks[i].Mixer, name => values[prefix + "mixer." + name]);
            var up = new StepWriter(values[prefix + "feed_forward.up.weight"], values[prefix + "feed_forward.up.bias"], values[prefix + "feed_forward.down.weight"], values[prefix + "feed_forward.down.bias"]);
            if (i < layout.Layers.Count - 1) WriteSteps(layout.Layers[i], up);
            else WriteReadout(layout, automaton, up);
        }

        return model;
    }

    private static BlockSettings Block(CompiledLayout layout, CompiledLayer layer, bool isLast)
    {
        var cells = layer.Orders.Count;
        var isCyclic = layer.Kind == CellKind.Cyclic;
        var inner = (isCyclic ? 2 * cells : cells) + (2 * layer.Table.Count);
        var hidden = isLast ? 2 * layout.Readout.Count : isCyclic ? 2 * layer.Orders.Sum() : 2 * HistorySteps.Length * cells;
        return new(
            new S6Settings
            {
                Complex = isCyclic,
                StateSize = isCyclic ? 2 * cells : cells,
                SelectiveC = false,
                Expand = (inner + layout.Width - 1) / layout.Width,
                ConvolutionSize = 1,
                DeltaRank = isCyclic ? cells : 1,
            },
            new MlpSettings { Hidden = hidden });
    }

    private static void WriteMixer(CompiledLayer layer, S6Settings settings, Func<string, WeightTable> weights)
    {
        var cells = layer.Orders.Count;
        var isCyclic = layer.Kind == CellKind.Cyclic;
        var channelsPerCell = isCyclic ? 2 : 1;
        var (inner, ranks) = (weights("out_proj.weight").Columns, (int)settings.DeltaRank);
        var (input, bias, scan, output) = (weights("in_proj.weight"), weights("conv1d.bias"), weights("x_proj.weight"), weights("out_proj.weight"));
        weights("conv1d.weight").Fill(1);
        weights("dt_proj.bias").Fill(Held);
        for (var channel = 0; channel < inner; channel++) input[inner + channel, 0] = On / Constant;
        for (var cell = 0; cell < cells; cell++)
        {
            for (var part = 0; part < channelsPerCell; part++)
            {
                var channel = (channelsPerCell * cell) + part;
                bias[0, channel] = On;
                weights("dt_proj.weight")[channel, isCyclic ? cell : 0] = 1;
                output[layer.Raw + channel, channel] = 1 / On;

                // y = 2 Re(C h) where complex: half of 1 reads the real part, half of −i the imaginary one.
                if (isCyclic) weights(part == 0 ? "c_re" : "c_im")[channel, cell] = 0.5;
                else weights("c")[channel, cell] = 1;
            }
        }

        if (isCyclic)
        {
            weights("A_log").Fill(Math.Log(Decay));
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

                WriteAction(layer, unit.Action, scan, channel, sign / On, ranks);
                if (layer.Kind != CellKind.History || unit.Action.Kind != UnitKind.Set) continue;

                // That the cells were set moves what is read into zones of its own.
                for (var cell = 0; cell < cells; cell++) output[layer.Raw + cell, channel] += sign * SetOffset / On;
            }
        }
    }

    /// <summary>Writes what a unit makes of Δ and B, each times the unit's share.</summary>
    private static void WriteAction(CompiledLayer layer, UnitAction action, WeightTable scan, int channel, double share, int ranks)
    {
        var cells = layer.Orders.Count;
        switch (action.Kind)
        {
            case UnitKind.Set:
                // softplus(ln 3) = ln 4.
                var (raw, size) = layer.Kind == CellKind.History ? (Math.Log(3), Math.Log(4)) : (2 * -Held, 2 * -Held);
                scan[0, channel] = share * (raw - Held);
                for (var cell = 0; cell < cells; cell++) scan[ranks + cell, channel] = share * action.Value[cell] / (size * On);
                break;
            case UnitKind.Turn:
                for (var cell = 0; cell < cells; cell++)
                {
                    if (action.Value[cell] == 0) continue;
                    var step = Turn * action.Value[cell];
                    var (sin, cos) = Math.SinCos(2 * Math.PI * action.Value[cell] / layer.Orders[cell]);

                    // The state is the root of unity less 1, so that it begins with 0: g ← A g + (A − 1).
                    scan[cell, channel] = share * (step - Held);
                    scan[ranks + cell, channel] = share * (cos - 1) / (step * On);
                    scan[ranks + cells + cell, channel] = share * sin / (step * On);
                }

                break;
            case UnitKind.Restart:
                for (var rank = 0; rank < ranks; rank++) scan[rank, channel] = share * ((layer.Kind == CellKind.Cyclic ? Restarted : 4 * -Held) - Held);
                break;
        }
    }

    /// <summary>What is added to a history cell's value where it was set: its zones are then apart from those where it was held.</summary>
    private const double SetOffset = 2;

    /// <summary>
    /// Where the bit before the letter changes along h, or h + 2 where the cell was set: held, h is in [0, 1/3] or [1, 4/3]; set, the bit before it is
    /// h/4's share, [0, 1/12] or [1/4, 1/3], above the bit now.
    /// </summary>
    private static readonly (double Below, double Above, int Sign)[] HistorySteps =
    [
        (1.0 / 3, 1, 1), (4.0 / 3, 2, -1), (2 + (1.0 / 12), 2.25, 1), (2 + (1.0 / 3), 3, -1), (3 + (1.0 / 12), 3.25, 1),
    ];

    private static void WriteSteps(CompiledLayer layer, StepWriter writer)
    {
        if (layer.Kind == CellKind.History)
        {
            for (var cell = 0; cell < layer.Orders.Count; cell++)
            {
                writer.Begin(layer.Read + cell, -1);
                foreach (var (below, above, sign) in HistorySteps) writer.Step([(layer.Raw + cell, 1)], 0, below, above, [(layer.Read + cell, 2 * sign)]);
            }

            return;
        }

        var at = layer.Read;
        for (var cell = 0; cell < layer.Orders.Count; cell++)
        {
            var (order, bits, raw) = (layer.Orders[cell], Literal.Bits(layer.Orders[cell]), layer.Raw + (2 * cell));
            for (var power = 0; power < order; power++)
            {
                // Re of what the cell holds, turned back: 1 where the power is this one.
                var (sin, cos) = Math.SinCos(2 * Math.PI * power / order);
                writer.Step([(raw, cos), (raw + 1, sin)], cos, Math.Cos(2 * Math.PI / order), 1, [.. Enumerable.Range(0, bits).Select(bit => (at + bit, (power >> bit & 1) != 0 ? 1.0 : -1.0))]);
            }

            at += bits;
        }
    }

    private static void WriteReadout(CompiledLayout layout, FiniteAutomaton automaton, StepWriter writer)
    {
        var ranks = CompletionOrder.Of(automaton);
        foreach (var (conditions, state) in layout.Readout)
        {
            var next = automaton.After(state);
            writer.Unit(conditions, [.. Enumerable.Range(0, automaton.Alphabet.Length + 1).Select(token =>
                (layout.Logits + token, ((token == automaton.Alphabet.Length ? next.End : next.Has(token)) ? Allowed : -Allowed) - (Preference * ranks[state, token])))]);
        }
    }

    /// <summary>Fills an MLP, hidden channel by hidden channel.</summary>
    private sealed class StepWriter(WeightTable up, WeightTable upBias, WeightTable down, WeightTable downBias)
    {
        private int _next;

        /// <summary>Gives a channel a value before anything is added.</summary>
        public void Begin(int channel, double value) => downBias[0, channel] = value;

        /// <summary>Adds values where a sum of channels is at least <paramref name="above"/>, nothing where it is at most <paramref name="below"/>.</summary>
        public void Step(IReadOnlyList<(int Channel, double Weight)> terms, double offset, double below, double above, IReadOnlyList<(int Channel, double Value)> outputs)
        {
            var third = (above - below) / 3;
            foreach (var (threshold, sign) in new[] { (below + third, 1), (above - third, -1) })
            {
                foreach (var (channel, weight) in terms) up[_next, channel] = Steepness * weight;
                upBias[0, _next] = Steepness * (offset - threshold);
                foreach (var (channel, value) in outputs) down[channel, _next] = sign * value / (Steepness * third);
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
