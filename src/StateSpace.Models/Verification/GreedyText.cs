using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Models.Verification;

/// <summary>Continuations by the largest logit; of equal ones the first.</summary>
internal static class GreedyText
{
    /// <summary>Goes on from a state, token by token.</summary>
    /// <param name="model">The model.</param>
    /// <param name="logits">Logits of the last token read, (B, 1, V).</param>
    /// <param name="state">State after it.</param>
    /// <param name="count">Tokens to add.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The tokens of the first sequence.</returns>
    public static long[] Continue(SequenceModel model, Tensor logits, State state, int count, CancellationToken cancellation)
    {
        var text = new long[count];
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var next = logits.ArgMax(-1);
            text[i] = (long)next.GetValue(0);
            if (i + 1 == count) break;
            var output = model.Forward(next, state);
            (logits, state) = (output.Logits!, output.State);
        }

        return text;
    }

    /// <summary>The same by reading the whole text again for each token, without a state.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">Tokens of one sequence.</param>
    /// <param name="count">Tokens to add.</param>
    /// <param name="cancellation">Ends the run.</param>
    public static long[] Reread(SequenceModel model, IReadOnlyList<long> prompt, int count, CancellationToken cancellation)
    {
        List<long> text = [.. prompt];
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var output = model.Forward(Tensor.From<long>([.. text], [1, text.Count]).To(model.Device), rows: LogitRows.Last);
            text.Add((long)output.Logits!.ArgMax(-1).GetValue(0));
        }

        return [.. text.Skip(prompt.Count)];
    }
}
