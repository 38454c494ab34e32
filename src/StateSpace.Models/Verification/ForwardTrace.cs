using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Models.Verification;

/// <summary>What a model computes on its way through a text: the residual stream, the final hidden values and the logits.</summary>
internal sealed class ForwardTrace
{
    private ForwardTrace(double[][] hidden, double[] logits, long[] greedy) => (Hidden, Logits, Greedy) = (hidden, logits, greedy);

    /// <summary>(B, L, D) before each layer, after the last, and after the final norm.</summary>
    public double[][] Hidden { get; }

    /// <summary>(B, L, V).</summary>
    public double[] Logits { get; }

    /// <summary>The continuation of the first sequence by largest logits.</summary>
    public long[] Greedy { get; }

    /// <summary>Reads a text in chunks and goes on from the state.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">(B, L).</param>
    /// <param name="chunk">Tokens per call; L for all at once.</param>
    /// <param name="continuation">Tokens to add greedily.</param>
    /// <param name="cancellation">Ends the run.</param>
    public static ForwardTrace Read(SequenceModel model, Tensor ids, long chunk, int continuation, CancellationToken cancellation)
    {
        using var outer = new TensorScope();
        var length = ids.Shape[1];
        ids = ids.To(model.Device);
        var hidden = Enumerable.Range(0, model.Blocks.Count + 2).Select(_ => new List<Tensor>()).ToArray();
        var logits = new List<Tensor>();
        State? state = null;
        for (long start = 0; start < length; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            var stream = new List<Tensor>();
            var output = model.Forward(ids.Slice(1, start, Math.Min(chunk, length - start)), state, hidden: stream);
            state = output.State;
            for (var i = 0; i < stream.Count; i++) hidden[i].Add(stream[i]);
            hidden[^1].Add(output.Hidden);
            logits.Add(output.Logits!);
        }

        var greedy = GreedyText.Continue(model, Last(logits[^1]), state!, continuation, cancellation);
        return new([.. hidden.Select(Join)], Join(logits), greedy);
    }

    private static double[] Join(List<Tensor> pieces) => (pieces.Count == 1 ? pieces[0] : Tensor.Concatenate(1, [.. pieces])).ToArray<double>();

    private static Tensor Last(Tensor logits) => logits.Slice(1, logits.Shape[1] - 1, 1);
}
