using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.Embedding;
using StateSpace.Tensors.Operations.Softmax;

namespace StateSpace.Models.Layers;

/// <summary>
/// A mixture of gated MLPs (Shazeer et al., 2017, arXiv 1701.06538; Jamba, arXiv 2403.19887): each position goes to the experts with the largest
/// router probabilities, whose outputs are weighted with those probabilities. They are of a softmax over all experts and are not scaled to a sum of
/// 1.
/// </summary>
/// <remarks>
/// The rows of each expert are gathered, so that the cost is that of the chosen experts alone. Equal probabilities go to the expert of the smaller
/// number.
/// </remarks>
public sealed class MixtureOfExperts : FeedForward
{
    private readonly int _chosen;
    private readonly Linear _router;
    private readonly SwiGlu[] _experts;

    /// <summary>A mixture.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="settings">Sizes.</param>
    /// <param name="values">Where initial values come from.</param>
    public MixtureOfExperts(long width, MixtureOfExpertsSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Experts < 1 || settings.Chosen < 1 || settings.Chosen > settings.Experts)
        {
            throw new ArgumentException($"mixture of experts: {settings.Chosen} of {settings.Experts} experts per position is not possible");
        }

        _chosen = settings.Chosen;
        Fan channels = new(width, AxisGrowth.Width), experts = new(settings.Experts, AxisGrowth.Fixed);
        _router = Add("router", new Linear(experts, channels, values.Of("router"), deviation: settings.Expert.InitialDeviation));
        _experts = [.. Enumerable.Range(0, settings.Experts).Select(i => Add($"experts.{i}", new SwiGlu(width, settings.Expert, values.Of($"experts.{i}"))))];
    }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        var width = x.Shape[^1];
        var rows = x.Reshape(-1, width);
        var probabilities = Softmax.Apply(_router.Apply(rows));
        var (experts, counts, order, back) = Route(probabilities);

        // Rows sorted by expert, each expert's outputs, and the rows back in the order of positions.
        var sorted = Embedding.Apply(rows, Rows(order.Select(slot => slot / _chosen), x.Device));
        var inputs = sorted.Split(0, [.. counts.Where(count => count > 0)]);
        var outputs = new Tensor[inputs.Length];
        for (int e = 0, i = 0; e < _experts.Length; e++)
        {
            if (counts[e] > 0) outputs[i] = _experts[e].Apply(inputs[i++]);
        }

        var each = Embedding.Apply(Tensor.Concatenate(0, outputs), Rows(back, x.Device)).Reshape(rows.Shape[0], _chosen, width);
        var weights = probabilities.Gather(1, experts);
        return (each * weights.Unsqueeze(-1)).Sum(1).Reshape(x.Shape);
    }

    private static Tensor Rows(IEnumerable<int> rows, Device device)
    {
        var numbers = rows.ToArray();
        return Tensor.From<int>(numbers, [numbers.Length]).To(device);
    }

    /// <summary>
    /// The chosen experts of each row, (rows, k); rows per expert; the slots (row · k + rank) sorted by expert; and where each slot lies in that
    /// order.
    /// </summary>
    private (Tensor Experts, long[] Counts, int[] Order, int[] Back) Route(Tensor probabilities)
    {
        var rows = checked((int)probabilities.Shape[0]);
        var values = probabilities.ToArray<double>();
        var chosen = new int[rows * _chosen];
        for (var row = 0; row < rows; row++) Choose(values.AsSpan(row * _experts.Length, _experts.Length), chosen.AsSpan(row * _chosen, _chosen));
        var counts = new long[_experts.Length];
        foreach (var expert in chosen) counts[expert]++;
        var order = new int[chosen.Length];
        var back = new int[chosen.Length];
        var next = new int[_experts.Length];
        for (var e = 1; e < next.Length; e++) next[e] = next[e - 1] + (int)counts[e - 1];
        for (var slot = 0; slot < chosen.Length; slot++)
        {
            back[slot] = next[chosen[slot]]++;
            order[back[slot]] = slot;
        }

        return (Tensor.From<int>(chosen, [rows, _chosen]).To(probabilities.Device), counts, order, back);
    }

    private static void Choose(Span<double> probabilities, Span<int> chosen)
    {
        for (var rank = 0; rank < chosen.Length; rank++)
        {
            var best = 0;
            for (var e = 1; e < probabilities.Length; e++)
            {
                if (!(probabilities[e] <= probabilities[best])) best = e;
            }

            chosen[rank] = best;
            probabilities[best] = double.NegativeInfinity;
        }
    }
}
