using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.MambaDecoding;

/// <summary>The truth, in double: a stack of Mamba blocks, token by token.</summary>
internal static class MambaDecodingReference
{
    /// <summary>Reads tokens, (steps, B), from the state before the first.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="table">Embedding and head, (V, D).</param>
    /// <param name="finalNorm">(D).</param>
    /// <param name="epsilon">Number added in the norms.</param>
    /// <param name="layers">For each layer the parameters in the order of <see cref="MambaLayerWeights"/>.</param>
    /// <returns>Logits behind the last step, (B, V), windows, (layers, B, K − 1, E), and states, (layers, B, E, N).</returns>
    public static ReferenceArray[] Forward(ReferenceArray ids, ReferenceArray table, ReferenceArray finalNorm, double epsilon, IReadOnlyList<ReferenceArray[]> layers)
    {
        var (steps, batch, width, inner) = ((int)ids.Shape[0], (int)ids.Shape[1], (int)table.Shape[1], (int)layers[0][8].Shape[0]);
        var (taps, states) = ((int)layers[0][2].Shape[1], (int)layers[0][7].Shape[1]);
        var logits = ReferenceArray.Zeros([batch, table.Shape[0]]);
        var windows = ReferenceArray.Zeros([layers.Count, batch, taps - 1, inner]);
        var hidden = ReferenceArray.Zeros([layers.Count, batch, inner, states]);
        for (var row = 0; row < batch; row++)
        {
            for (var step = 0; step < steps; step++)
            {
                var id = (int)ids.Values[(step * batch) + row];
                var x = table.Values[(id * width)..((id + 1) * width)];
                for (var i = 0; i < layers.Count; i++)
                {
                    var place = (i * batch) + row;
                    var window = windows.Values.AsSpan(place * (taps - 1) * inner, (taps - 1) * inner);
                    var added = Layer(Normalize(x, layers[i][0].Values, epsilon), layers[i], window, hidden.Values.AsSpan(place * inner * states, inner * states));
                    for (var k = 0; k < width; k++) x[k] += added[k];
                }

                var last = Product(table, Normalize(x, finalNorm.Values, epsilon));
                last.CopyTo(logits.Values, row * last.Length);
            }
        }

        return [logits, windows, hidden];
    }

    private static double[] Layer(double[] x, ReferenceArray[] p, Span<double> window, Span<double> hidden)
    {
        var (inner, taps, states) = ((int)p[8].Shape[0], (int)p[2].Shape[1], (int)p[7].Shape[1]);
        var projected = Product(p[1], x);
        var u = new double[inner];
        for (var c = 0; c < inner; c++)
        {
            var sum = p[3].Values[c] + (p[2].Values[(c * taps) + taps - 1] * projected[c]);
            for (var k = 0; k < taps - 1; k++) sum += p[2].Values[(c * taps) + k] * window[(k * inner) + c];
            for (var k = 0; k < taps - 1; k++) window[(k * inner) + c] = k + 1 < taps - 1 ? window[((k + 1) * inner) + c] : projected[c];
            u[c] = Silu(sum);
        }

        var mixed = Product(p[4], u);
        var rank = mixed.Length - (2 * states);
        var delta = Product(p[5], mixed[..rank]);
        for (var c = 0; c < inner; c++)
        {
            var (size, y) = (Math.Log(1 + Math.Exp(delta[c] + p[6].Values[c])), 0.0);
            for (var n = 0; n < states; n++)
            {
                ref var h = ref hidden[(c * states) + n];
                h = (Math.Exp(size * p[7].Values[(c * states) + n]) * h) + (size * mixed[rank + n] * u[c]);
                y += mixed[rank + states + n] * h;
            }

            delta[c] = (y + (p[8].Values[c] * u[c])) * Silu(projected[inner + c]);
        }

        return Product(p[9], delta);
    }

    private static double[] Normalize(double[] x, double[] weight, double epsilon)
    {
        var scale = 1 / Math.Sqrt((x.Sum(value => value * value) / x.Length) + epsilon);
        return [.. x.Select((value, i) => value * scale * weight[i])];
    }

    private static double[] Product(ReferenceArray matrix, double[] x) =>
        [.. Enumerable.Range(0, (int)matrix.Shape[0]).Select(row => x.Select((value, i) => value * matrix.Values[(row * x.Length) + i]).Sum())];

    private static double Silu(double x) => x / (1 + Math.Exp(-x));
}
