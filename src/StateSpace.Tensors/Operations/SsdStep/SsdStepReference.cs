using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.SsdStep;

/// <summary>The truth, in double, number by number.</summary>
internal static class SsdStepReference
{
    /// <summary>Inputs in the order of <see cref="SsdStep.Apply"/>, all of them given.</summary>
    /// <returns>y, the next window and the next state.</returns>
    public static ReferenceArray[] Forward(ReferenceArray[] inputs, long groups, double smallest, double largest)
    {
        var (projected, window, taps, tapBias, deltaBias, a, skip, state) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], inputs[6], inputs[7]);
        var (batch, heads, size, states) = (state.Shape[0], state.Shape[1], state.Shape[2], state.Shape[3]);
        var (inner, memory) = (heads * size, window.Shape[1]);
        var convolved = inner + (2 * groups * states);
        ReferenceArray y = ReferenceArray.Zeros([batch, 1, inner]), nextWindow = ReferenceArray.Zeros(window.Shape), nextState = ReferenceArray.Zeros(state.Shape);
        for (long sequence = 0; sequence < batch; sequence++)
        {
            var mixed = new double[convolved];
            for (long channel = 0; channel < convolved; channel++)
            {
                double[] line = [.. Enumerable.Range(0, (int)memory).Select(k => window.Values[(((sequence * memory) + k) * convolved) + channel]), Projected(sequence, inner + channel)];
                var sum = tapBias.Values[channel] + line.Select((value, k) => value * taps.Values[(channel * (memory + 1)) + k]).Sum();
                mixed[channel] = sum / (1 + Math.Exp(-sum));
                for (var k = 0; k < memory; k++) nextWindow.Values[(((sequence * memory) + k) * convolved) + channel] = line[k + 1];
            }

            for (long head = 0; head < heads; head++)
            {
                var delta = Math.Clamp(Math.Log(1 + Math.Exp(Projected(sequence, inner + convolved + head) + deltaBias.Values[head])), smallest, largest);
                var atB = inner + (head / (heads / groups) * states);
                for (long p = 0; p < size; p++)
                {
                    var (x, row) = (mixed[(head * size) + p], (((sequence * heads) + head) * size) + p);
                    y.Values[row] = skip.Values[head] * x;
                    for (long n = 0; n < states; n++)
                    {
                        var at = (row * states) + n;
                        nextState.Values[at] = (Math.Exp(delta * a.Values[head]) * state.Values[at]) + (delta * x * mixed[atB + n]);
                        y.Values[row] += nextState.Values[at] * mixed[atB + (groups * states) + n];
                    }
                }
            }
        }

        return [y, nextWindow, nextState];

        double Projected(long sequence, long at) => projected.Values[(sequence * projected.Shape[2]) + at];
    }
}
