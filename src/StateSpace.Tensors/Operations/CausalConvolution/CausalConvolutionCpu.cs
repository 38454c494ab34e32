using System.Numerics;
using StateSpace.Tensors.Cpu.VectorMath;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.CausalConvolution;

internal static unsafe class CausalConvolutionCpu
{
    public static void Forward<T>(ConvolutionTensors tensors, Tensor y, Tensor final)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var x = new ConvolutionArrays<T>(tensors);
        T* output = y.Pointer<T>(), end = final.Pointer<T>();
        ConvolutionPiece.ForAll(x.Batch, x.Length, x.Channels, piece =>
        {
            if (tensors.Activation == ConvolutionActivation.None) Convolve<T, Identity>(x, piece, piece.Rows, output + At(x, piece, piece.Start), x.Channels);
            else Convolve<T, SiluOperator>(x, piece, piece.Rows, output + At(x, piece, piece.Start), x.Channels);
        });
        long state = x.Taps - 1;
        for (long b = 0; b < x.Batch; b++)
        {
            var seen = x.FirstSeen(b, x.Length);
            for (long j = 0; j < state; j++)
            {
                var t = x.Length - state + j;
                Span(t < seen ? x.Zeros : x.Row(b, t), x.Channels).CopyTo(Span(end + (((b * state) + j) * x.Channels), x.Channels));
            }
        }
    }

    /// <param name="tensors">The operation's inputs.</param>
    /// <param name="gradient">∂ℓ/∂y.</param>
    /// <param name="finalGradient">∂ℓ/∂final, or null.</param>
    /// <param name="dx">Is written.</param>
    /// <param name="dinitial">Is written, where not null.</param>
    /// <param name="partial">(blocks of rows, K + 1, D): each block's sums for the weights and the bias; is written.</param>
    public static void Backward<T>(ConvolutionTensors tensors, Tensor gradient, Tensor? finalGradient, Tensor dx, Tensor? dinitial, Tensor partial)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var x = new ConvolutionArrays<T>(tensors, reverses: true);
        T* upstream = gradient.Pointer<T>(), end = finalGradient is null ? null : finalGradient.Pointer<T>(), sums = partial.Pointer<T>();
        T* inner = dx.Pointer<T>(), before = dinitial is null ? null : dinitial.Pointer<T>();
        long state = x.Taps - 1;
        ConvolutionPiece.ForAll(x.Batch, x.Length, x.Channels, piece =>
        {
            // ∂ℓ/∂z of this block and of the K − 1 rows behind it, which its inputs reach too; zero before and behind the sequence.
            var rows = Math.Min(piece.Rows + state, x.Length - piece.Start);
            var storage = tensors.Activation == ConvolutionActivation.None ? null : MemoryPool.Rent(rows * piece.Channels * sizeof(T));
            var recomputed = storage is null ? null : (T*)storage.Pointer;
            if (recomputed != null)
            {
                Convolve<T, Identity>(x, piece, rows, recomputed, piece.Channels);
                for (long r = 0; r < rows; r++)
                {
                    var z = recomputed + (r * piece.Channels);
                    BinaryDriver.Range<T, GradientOperator<SiluDerivative>>(z, upstream + At(x, piece, piece.Start + r), z, piece.Channels);
                }
            }

            T** g = stackalloc T*[(int)(piece.Rows + (2 * state))];
            for (var r = -state; r < piece.Rows + state; r++)
            {
                g[r + state] = r < 0 || r >= rows ? x.Zeros + piece.Channel
                    : recomputed != null ? recomputed + (r * piece.Channels)
                    : upstream + At(x, piece, piece.Start + r);
            }

            var block = (piece.Sequence * ConvolutionPiece.BlocksOf(x.Length)) + piece.Block;
            var ofBlock = sums + (block * (x.Taps + 1) * x.Channels) + piece.Channel;
            TapGradient.Clear(x.Taps, ofBlock, x.Channels, piece.Channels);
            T** inputs = stackalloc T*[(int)(piece.Rows + state)];
            T** seenBy = stackalloc T*[(int)(piece.Rows + (2 * state))];
            for (long row = 0, next; row < piece.Rows; row = next)
            {
                // From reset to reset: an input meets no gradient behind the next reset, a gradient no input before the last.
                var reset = x.NextReset(piece.Sequence, piece.Start + row, piece.Start + rows) - piece.Start;
                next = Math.Min(reset, piece.Rows);
                for (var r = row; r < next + state; r++) seenBy[r - row] = r < reset ? g[r + state] : x.Zeros + piece.Channel;
                TapLoop.Run<T, Identity>(
                    seenBy, next - row, x.ReversedWeights + piece.Channel, x.Channels, x.Taps, x.Zeros + piece.Channel,
                    inner + At(x, piece, piece.Start + row), x.Channels, piece.Channels);
                PointToInputs(x, piece, row, next - row, inputs);
                TapGradient.Run(inputs, g + state + row, next - row, x.Taps, ofBlock, x.Channels, piece.Channels);
            }

            AddFinal(x, piece, piece.Start, piece.Start + piece.Rows, end, inner + At(x, piece, 0));
            if (piece.Start == 0 && before != null)
            {
                var reset = x.NextReset(piece.Sequence, -1, rows);
                for (var r = -state; r < state; r++) seenBy[r + state] = r < reset ? g[r + state] : x.Zeros + piece.Channel;
                var first = before + (piece.Sequence * state * x.Channels) + piece.Channel;
                TapLoop.Run<T, Identity>(
                    seenBy, state, x.ReversedWeights + piece.Channel, x.Channels, x.Taps, x.Zeros + piece.Channel, first, x.Channels, piece.Channels);
                AddFinal(x, piece, -state, 0, end, first + (state * x.Channels));
            }

            storage?.Release();
        });
    }

    /// <summary>Rows of a piece, or a few behind it, convolved.</summary>
    private static void Convolve<T, TActivation>(ConvolutionArrays<T> x, ConvolutionPiece piece, long rows, T* output, long outputStride)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TActivation : struct, IUnaryOperator
    {
        T** inputs = stackalloc T*[(int)(rows + x.Taps - 1)];
        for (long row = 0, next; row < rows; row = next)
        {
            next = x.NextReset(piece.Sequence, piece.Start + row, piece.Start + rows) - piece.Start;
            PointToInputs(x, piece, row, next - row, inputs);
            TapLoop.Run<T, TActivation>(
                inputs, next - row, x.Weights + piece.Channel, x.Channels, x.Taps, x.Bias + piece.Channel, output + (row * outputStride), outputStride, piece.Channels);
        }
    }

    /// <summary>The rows + K − 1 input rows of some rows of a piece, none of them but the first a reset.</summary>
    private static void PointToInputs<T>(ConvolutionArrays<T> x, ConvolutionPiece piece, long row, long rows, T** inputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var first = piece.Start + row;
        var seen = x.FirstSeen(piece.Sequence, first);
        for (var t = first - x.Taps + 1; t < first + rows; t++) *inputs++ = (t < seen ? x.Zeros : x.Row(piece.Sequence, t)) + piece.Channel;
    }

    /// <summary>The final state is a copy of the last K − 1 inputs: its gradient goes to rows <paramref name="from"/> … <paramref name="to"/> − 1 of them.</summary>
    private static void AddFinal<T>(ConvolutionArrays<T> x, ConvolutionPiece piece, long from, long to, T* final, T* rowZero)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (final == null) return;
        long state = x.Taps - 1;
        for (var t = Math.Max(from, Math.Max(x.Length - state, x.FirstSeen(piece.Sequence, x.Length))); t < to; t++)
        {
            T* row = rowZero + (t * x.Channels), gradient = final + (((piece.Sequence * state) + t + state - x.Length) * x.Channels) + piece.Channel;
            BinaryDriver.Range<T, Sum>(row, gradient, row, piece.Channels);
        }
    }

    private static long At<T>(ConvolutionArrays<T> x, ConvolutionPiece piece, long t)
        where T : unmanaged, IFloatingPointIeee754<T> => (((piece.Sequence * x.Length) + t) * x.Channels) + piece.Channel;

    private static Span<T> Span<T>(T* first, long count)
        where T : unmanaged => new(first, checked((int)count));
}
