using StateSpace.Models;
using StateSpace.Models.Layers;

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
    /// <summary>The constant channel: its square drowns those of all others in float32; counters, which grow, need a larger one.</summary>
    private const double Small = 1 << 15, Large = 1 << 24;

    /// <summary>Most weights of a network.</summary>
    internal const long MostWeights = 50_000_000;

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
        var (values, constant) = Frame(layout, model);
        for (var i = 0; i < layout.Layers.Count; i++)
        {
            var prefix = $"layers.{i}.";
            CellWriter.Write(layout.Layers[i], CellWriter.On / constant, name => values[prefix + "mixer." + name]);
            if (blocks[i].FeedForward is null) continue;
            WeightTable Table(string name) => values[$"{prefix}feed_forward.{name}"];
            StepWriter writer = new(Table("up.weight"), Table("up.bias"), Table("down.weight"), (channel, value) => Table("down.bias")[0, channel] = value);
            if (i < layout.Layers.Count - 1) writer.Read(layout.Layers[i]);
            else writer.ReadOut(layout);
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

    /// <summary>Clears all weights, and writes embedding, norms and head.</summary>
    /// <returns>The weights by name, and the constant channel's value.</returns>
    internal static (Dictionary<string, WeightTable> Values, double Constant) Frame(CompiledLayout layout, SequenceModel model)
    {
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

        return (values, constant);
    }
}
