using StateSpace.Models;
using StateSpace.Models.Layers;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Writes a layout into Mamba blocks alone, as transformers has them: one state a channel, one cell a block.</summary>
/// <remarks>
/// Mamba's C is one vector for all channels, so that a block has one cell; a layer of several becomes as many blocks with the same table. A block without a cell
/// does what an MLP does elsewhere: SiLU behind the convolution, whose last tap is 1 and whose others are 0, D, and the map out of the block.
/// </remarks>
internal static class MambaWriter
{
    /// <summary>Makes the model.</summary>
    /// <exception cref="StudyInputException">Its gates are not those of Mamba.</exception>
    public static SequenceModel Write(CompiledLayout layout)
    {
        if (layout.Gates != Gates.Nonnegative) throw new StudyInputException($"{layout.Gates.ToString().ToLowerInvariant()} gates are not those of Mamba, which lie in (0, 1); leave out --form mamba");
        List<(CompiledLayer? Cell, CompiledLayer? Read)> blocks = [];
        for (var i = 0; i < layout.Layers.Count; i++)
        {
            blocks.AddRange(Cells(layout.Layers[i]).Select(cell => ((CompiledLayer?)cell, (CompiledLayer?)null)));
            if (i == layout.Layers.Count - 1) blocks.Add((null, null));
            else if (layout.Layers[i].Read >= 0) blocks.Add((null, layout.Layers[i]));
        }

        // One more channel is always on, for values that are there before anything is read.
        var needed = blocks.Max(block => block switch
        {
            ({ } cell, _) => 1 + (2 * cell.Table.Count),
            (_, { } read) => 1 + (2 * read.Reading().Steps.Count),
            _ => 1 + (2 * layout.Readout.Count),
        });

        // Transformers takes a whole multiple of the width.
        var expand = (needed + layout.Width - 1) / layout.Width;
        var inner = expand * layout.Width;
        if (3L * inner * layout.Width * blocks.Count > NetworkWriter.MostWeights) throw new StudyInputException($"the network would have more than {NetworkWriter.MostWeights} weights; take a simpler language");
        var mixer = new MambaSettings { StateSize = 1, Expand = expand, DeltaRank = 1 };
        var model = new SequenceModel(
            new() { Vocabulary = layout.Letters + 1, Width = layout.Width, Blocks = [.. blocks.Select(_ => new BlockSettings(mixer))], TiedHead = false }, source: null);
        var (values, constant) = NetworkWriter.Frame(layout, model);
        for (var i = 0; i < blocks.Count; i++)
        {
            WeightTable Table(string name) => values[$"layers.{i}.mixer.{name}"];
            if (blocks[i].Cell is { } cell)
            {
                CellWriter.Write(cell, CellWriter.On / constant, Table, isMamba: true);
                continue;
            }

            var (input, bias, output, taps, skip) = (Table("in_proj.weight"), Table("conv1d.bias"), Table("out_proj.weight"), Table("conv1d.weight"), Table("D"));
            for (var channel = 0; channel < inner; channel++)
            {
                // y = D u SiLU(z) = u.
                (input[inner + channel, 0], taps[channel, taps.Columns - 1], skip[0, channel]) = (CellWriter.On / constant, 1, 1 / CellWriter.On);
            }

            Table("dt_proj.bias").Fill(CellWriter.Never);
            bias[0, 0] = CellWriter.On;
            StepWriter writer = new(input, bias, output, (channel, value) => output[channel, 0] = value / CellWriter.On, first: 1);
            if (blocks[i].Read is { } read) writer.Read(read);
            else writer.ReadOut(layout);
        }

        return model;
    }

    /// <summary>The cells of a layer as layers of their own; the first one writes what the table's units write.</summary>
    private static IEnumerable<CompiledLayer> Cells(CompiledLayer layer) => layer.Orders.Select((order, cell) => layer with
    {
        Orders = [order],
        Raw = layer.Raw + cell,
        Read = -1,
        Table = [.. layer.Table.Select(unit => new TableUnit(
            unit.Conditions, unit.Action.Value.Count == 0 ? unit.Action : unit.Action with { Value = [unit.Action.Value[cell]] }, cell == 0 ? unit.Writes : []))],
    });
}
