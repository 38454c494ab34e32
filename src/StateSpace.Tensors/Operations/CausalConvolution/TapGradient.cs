using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>The weights' share of one block of rows: Σ_r g_r ∘ input row (r + k) for each tap k, and Σ_r g_r for the bias.</summary>
internal static unsafe class TapGradient
{
    /// <summary>A walk along a few rows keeps to their pages; a walk down a column would touch a page at each step.</summary>
    private const long RowsAtATime = 16;

    /// <summary>Sets a block's sums to zero, (taps + 1, channels) with a row stride.</summary>
    public static void Clear<T>(int taps, T* sums, long stride, long channels)
        where T : unmanaged
    {
        for (var k = 0; k <= taps; k++) new Span<T>(sums + (k * stride), (int)channels).Clear();
    }

    /// <param name="inputs">First elements of rows + taps − 1 input rows.</param>
    /// <param name="gradients">First elements of the rows of ∂ℓ/∂z.</param>
    /// <param name="rows">Rows; their sums are added.</param>
    /// <param name="taps">K.</param>
    /// <param name="sums">(K + 1, channels) with a row stride, the bias last.</param>
    /// <param name="stride">Elements from one row of sums to the next.</param>
    /// <param name="channels">Channels of the run.</param>
    public static void Run<T>(T** inputs, T** gradients, long rows, int taps, T* sums, long stride, long channels)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var lanes = Vector512<T>.Count;
        long row = 0;
        if (taps == 4)
        {
            for (; row <= rows - 4; row += 4)
            {
                long d = 0;
                for (; d <= channels - lanes; d += lanes) FourByFour<T, FullLanes>(inputs + row, gradients + row, sums + d, stride, d, lanes);
                if (d < channels) FourByFour<T, FirstLanes>(inputs + row, gradients + row, sums + d, stride, d, (int)(channels - d));
            }
        }

        for (; row < rows; row += RowsAtATime)
        {
            var some = Math.Min(RowsAtATime, rows - row);
            long d = 0;
            for (; d <= channels - lanes; d += lanes) Column<T, FullLanes>(inputs + row, gradients + row, some, taps, sums + d, stride, d, lanes);
            if (d < channels) Column<T, FirstLanes>(inputs + row, gradients + row, some, taps, sums + d, stride, d, (int)(channels - d));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourByFour<T, TAccess>(T** inputs, T** gradients, T* sums, long stride, long d, int lanes)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TAccess : struct, ILaneAccess
    {
        var g0 = TAccess.Load(gradients[0] + d, lanes);
        var g1 = TAccess.Load(gradients[1] + d, lanes);
        var g2 = TAccess.Load(gradients[2] + d, lanes);
        var g3 = TAccess.Load(gradients[3] + d, lanes);
        var x0 = TAccess.Load(inputs[0] + d, lanes);
        var x1 = TAccess.Load(inputs[1] + d, lanes);
        var x2 = TAccess.Load(inputs[2] + d, lanes);
        var x3 = TAccess.Load(inputs[3] + d, lanes);
        var x4 = TAccess.Load(inputs[4] + d, lanes);
        var x5 = TAccess.Load(inputs[5] + d, lanes);
        var x6 = TAccess.Load(inputs[6] + d, lanes);
        Add<T, TAccess>(g0, g1, g2, g3, x0, x1, x2, x3, sums, lanes);
        Add<T, TAccess>(g0, g1, g2, g3, x1, x2, x3, x4, sums + stride, lanes);
        Add<T, TAccess>(g0, g1, g2, g3, x2, x3, x4, x5, sums + (2 * stride), lanes);
        Add<T, TAccess>(g0, g1, g2, g3, x3, x4, x5, x6, sums + (3 * stride), lanes);
        var bias = sums + (4 * stride);
        TAccess.Store(TAccess.Load(bias, lanes) + g0 + g1 + g2 + g3, bias, lanes);
    }

    /// <summary>sum += Σ g_r x_r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T, TAccess>(
        Vector512<T> g0, Vector512<T> g1, Vector512<T> g2, Vector512<T> g3, Vector512<T> x0, Vector512<T> x1, Vector512<T> x2, Vector512<T> x3, T* sum, int lanes)
        where T : unmanaged
        where TAccess : struct, ILaneAccess
    {
        var total = Lanes.MultiplyAdd(g0, x0, TAccess.Load(sum, lanes));
        total = Lanes.MultiplyAdd(g1, x1, total);
        total = Lanes.MultiplyAdd(g2, x2, total);
        TAccess.Store(Lanes.MultiplyAdd(g3, x3, total), sum, lanes);
    }

    private static void Column<T, TAccess>(T** inputs, T** gradients, long rows, int taps, T* sums, long stride, long d, int lanes)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TAccess : struct, ILaneAccess
    {
        for (var k = 0; k < taps; k++)
        {
            var sum = TAccess.Load(sums + (k * stride), lanes);
            for (long r = 0; r < rows; r++) sum = Lanes.MultiplyAdd(TAccess.Load(gradients[r] + d, lanes), TAccess.Load(inputs[r + k] + d, lanes), sum);
            TAccess.Store(sum, sums + (k * stride), lanes);
        }

        var bias = TAccess.Load(sums + (taps * stride), lanes);
        for (long r = 0; r < rows; r++) bias += TAccess.Load(gradients[r] + d, lanes);
        TAccess.Store(bias, sums + (taps * stride), lanes);
    }
}
