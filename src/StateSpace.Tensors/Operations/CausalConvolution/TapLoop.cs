using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>
/// output row r = f(bias + Σ_k w_k ∘ input row (r + k)) over a run of channels, four rows at a time, so that each input row is
/// loaded once for its four uses. Four taps, the usual number, stay in registers. f is a pass over rows that are still in the L1 cache: within
/// the loop, four copies of it would be more than the compiler inlines.
/// </summary>
internal static unsafe class TapLoop
{
    private const int Rows = 4;

    /// <param name="inputs">First elements of rows + taps − 1 input rows.</param>
    /// <param name="rows">Output rows.</param>
    /// <param name="weights">(taps, channels) with a row stride.</param>
    /// <param name="weightStride">Elements from one tap's weights to the next's.</param>
    /// <param name="taps">K.</param>
    /// <param name="bias">One number a channel.</param>
    /// <param name="output">First output row.</param>
    /// <param name="outputStride">Elements from one output row to the next.</param>
    /// <param name="channels">Channels of the run.</param>
    public static void Run<T, TActivation>(
        T** inputs, long rows, T* weights, long weightStride, int taps, T* bias, T* output, long outputStride, long channels)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TActivation : struct, IUnaryOperator
    {
        var lanes = Vector512<T>.Count;
        long row = 0;
        for (; row <= rows - Rows; row += Rows)
        {
            long d = 0;
            var to = output + (row * outputStride);
            for (; d <= channels - lanes; d += lanes)
            {
                if (taps == 4) FourByFour<T, FullLanes>(inputs + row, d, weights + d, weightStride, bias + d, to + d, outputStride, lanes);
                else FourRows<T, FullLanes>(inputs + row, d, weights + d, weightStride, taps, bias + d, to + d, outputStride, lanes);
            }

            if (d < channels) FourRows<T, FirstLanes>(inputs + row, d, weights + d, weightStride, taps, bias + d, to + d, outputStride, (int)(channels - d));
            for (var r = 0; r < Rows; r++) Activate<T, TActivation>(to + (r * outputStride), channels);
        }

        for (; row < rows; row++)
        {
            long d = 0;
            var to = output + (row * outputStride);
            for (; d <= channels - lanes; d += lanes) OneRow<T, FullLanes>(inputs + row, d, weights + d, weightStride, taps, bias + d, to + d, lanes);
            if (d < channels) OneRow<T, FirstLanes>(inputs + row, d, weights + d, weightStride, taps, bias + d, to + d, (int)(channels - d));
            Activate<T, TActivation>(to, channels);
        }
    }

    private static void Activate<T, TActivation>(T* row, long channels)
        where T : unmanaged
        where TActivation : struct, IUnaryOperator
    {
        if (typeof(TActivation) != typeof(Identity)) UnaryDriver.Range<T, TActivation>(row, row, channels);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourByFour<T, TAccess>(
        T** inputs, long d, T* weights, long weightStride, T* bias, T* output, long outputStride, int lanes)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TAccess : struct, ILaneAccess
    {
        var x0 = TAccess.Load(inputs[0] + d, lanes);
        var x1 = TAccess.Load(inputs[1] + d, lanes);
        var x2 = TAccess.Load(inputs[2] + d, lanes);
        var x3 = TAccess.Load(inputs[3] + d, lanes);
        var x4 = TAccess.Load(inputs[4] + d, lanes);
        var x5 = TAccess.Load(inputs[5] + d, lanes);
        var x6 = TAccess.Load(inputs[6] + d, lanes);
        var w0 = TAccess.Load(weights, lanes);
        var w1 = TAccess.Load(weights + weightStride, lanes);
        var w2 = TAccess.Load(weights + (2 * weightStride), lanes);
        var w3 = TAccess.Load(weights + (3 * weightStride), lanes);
        var start = TAccess.Load(bias, lanes);
        TAccess.Store(Four(w0, w1, w2, w3, x0, x1, x2, x3, start), output, lanes);
        TAccess.Store(Four(w0, w1, w2, w3, x1, x2, x3, x4, start), output + outputStride, lanes);
        TAccess.Store(Four(w0, w1, w2, w3, x2, x3, x4, x5, start), output + (2 * outputStride), lanes);
        TAccess.Store(Four(w0, w1, w2, w3, x3, x4, x5, x6, start), output + (3 * outputStride), lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Four<T>(
        Vector512<T> w0, Vector512<T> w1, Vector512<T> w2, Vector512<T> w3, Vector512<T> x0, Vector512<T> x1, Vector512<T> x2, Vector512<T> x3, Vector512<T> start) =>
        Lanes.MultiplyAdd(w3, x3, Lanes.MultiplyAdd(w2, x2, Lanes.MultiplyAdd(w1, x1, Lanes.MultiplyAdd(w0, x0, start))));

    private static void FourRows<T, TAccess>(
        T** inputs, long d, T* weights, long weightStride, int taps, T* bias, T* output, long outputStride, int lanes)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TAccess : struct, ILaneAccess
    {
        Vector512<T> sum0 = TAccess.Load(bias, lanes), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        Vector512<T> x0 = TAccess.Load(inputs[0] + d, lanes), x1 = TAccess.Load(inputs[1] + d, lanes), x2 = TAccess.Load(inputs[2] + d, lanes);
        for (var k = 0; k < taps; k++)
        {
            var weight = TAccess.Load(weights + (k * weightStride), lanes);
            var x3 = TAccess.Load(inputs[k + 3] + d, lanes);
            sum0 = Lanes.MultiplyAdd(weight, x0, sum0);
            sum1 = Lanes.MultiplyAdd(weight, x1, sum1);
            sum2 = Lanes.MultiplyAdd(weight, x2, sum2);
            sum3 = Lanes.MultiplyAdd(weight, x3, sum3);
            x0 = x1;
            x1 = x2;
            x2 = x3;
        }

        TAccess.Store(sum0, output, lanes);
        TAccess.Store(sum1, output + outputStride, lanes);
        TAccess.Store(sum2, output + (2 * outputStride), lanes);
        TAccess.Store(sum3, output + (3 * outputStride), lanes);
    }

    private static void OneRow<T, TAccess>(T** inputs, long d, T* weights, long weightStride, int taps, T* bias, T* output, int lanes)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TAccess : struct, ILaneAccess
    {
        var sum = TAccess.Load(bias, lanes);
        for (var k = 0; k < taps; k++) sum = Lanes.MultiplyAdd(TAccess.Load(weights + (k * weightStride), lanes), TAccess.Load(inputs[k] + d, lanes), sum);
        TAccess.Store(sum, output, lanes);
    }
}
