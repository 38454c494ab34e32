namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Writes cells and the table that drives them into the weights of one mixer.</summary>
internal static class CellWriter
{
    /// <summary>What a unit is where it is on; beyond it SiLU and softplus are their limits in float32.</summary>
    public const double On = 128;

    /// <summary>Δ before softplus where a layer's cells are held.</summary>
    private const double Held = -32;

    /// <summary>Δ before softplus of channels that are no cells: 0.</summary>
    public const double Never = -200;

    /// <summary>Δ of a step of the circle or a count, and the decay that a restart multiplies by so much that it is complete.</summary>
    private const double Turn = 32, Decay = 1e-11, Restarted = 1L << 43;

    /// <summary>Writes a layer into the weights of an S6, or of a Mamba where it has one cell.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="on">Weight that makes the constant channel <see cref="On"/>.</param>
    /// <param name="weights">The mixer's weights by name.</param>
    /// <param name="isMamba">Whether C is made of the input, as Mamba's is.</param>
    public static void Write(CompiledLayer layer, double on, Func<string, WeightTable> weights, bool isMamba = false)
    {
        var cells = layer.Orders.Count;
        var isCyclic = layer.Kind == CellKind.Cyclic;
        var channelsPerCell = layer.ChannelsPerCell;
        var inner = weights("out_proj.weight").Columns;
        var (input, bias, scan, output) = (weights("in_proj.weight"), weights("conv1d.bias"), weights("x_proj.weight"), weights("out_proj.weight"));
        var taps = weights("conv1d.weight");
        weights("dt_proj.bias").Fill(Never);
        for (var channel = 0; channel < inner; channel++) (input[inner + channel, 0], taps[channel, taps.Columns - 1]) = (on, 1);
        for (var cell = 0; cell < cells; cell++)
        {
            for (var part = 0; part < channelsPerCell; part++)
            {
                var channel = (channelsPerCell * cell) + part;
                bias[0, channel] = On;
                weights("dt_proj.bias")[0, channel] = Held;
                weights("dt_proj.weight")[channel, cell] = 1;
                output[layer.Raw + channel, channel] = 1 / On;

                // y = 2 Re(C h) where complex: half of 1 reads the real part, half of −i the imaginary one.
                if (isCyclic) weights(part == 0 ? "c_re" : "c_im")[channel, cell] = 0.5;
                else if (isMamba) scan[2, channel] = 1 / On;
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
}
