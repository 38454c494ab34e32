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
            for (long j = 0; j < state; j++) Span(x.Row(b, x.Length - state + j), x.Channels).CopyTo(Span(end + (((b * state) + j) * x.Channels), x.Channels));
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
        using var x = new ConvolutionArrays<T>(tensors);
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

            TapLoop.Run<T, Identity>(
                g + state, piece.Rows, x.ReversedWeights + piece.Channel, x.Channels, x.Taps, x.Zeros + piece.Channel,
                inner + At(x, piece, piece.Start), x.Channels, piece.Channels);
            AddFinal(x, piece, piece.Start, piece.Start + piece.Rows, end, inner + At(x, piece, 0));
            if (piece.Start == 0 && before != null)
            {
                var first = before + (piece.Sequence * state * x.Channels) + piece.Channel;
                TapLoop.Run<T, Identity>(
                    g, state, x.ReversedWeights + piece.Channel, x.Channels, x.Taps, x.Zeros + piece.Channel, first, x.Channels, piece.Channels);
                AddFinal(x, piece, -state, 0, end, first + (state * x.Channels));
            }

            T** inputs = stackalloc T*[(int)(piece.Rows + state)];
            for (long i = 0; i < piece.Rows + state; i++) inputs[i] = x.Row(piece.Sequence, piece.Start - state + i) + piece.Channel;
            var block = (piece.Sequence * ConvolutionPiece.BlocksOf(x.Length)) + piece.Block;
            TapGradient.Run(inputs, g + state, piece.Rows, x.Taps, sums + (block * (x.Taps + 1) * x.Channels) + piece.Channel, x.Channels, piece.Channels);
            storage?.Release();
        });
    }

    /// <summary>Rows of a piece, or a few behind it, convolved.</summary>
    private static void Convolve<T, TActivation>(ConvolutionArrays<T> x, ConvolutionPiece piece, long rows, T* output, long outputStride)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TActivation : struct, IUnaryOperator
    {
        T** inputs = stackalloc T*[(int)(rows + x.Taps - 1)];
        for (long i = 0; i < rows + x.Taps - 1; i++) inputs[i] = x.Row(piece.Sequence, piece.Start - x.Taps + 1 + i) + piece.Channel;
        TapLoop.Run<T, TActivation>(
            inputs, rows, x.Weights + piece.Channel, x.Channels, x.Taps, x.Bias + piece.Channel, output, outputStride, piece.Channels);
    }

    /// <summary>The final state is a copy of the last K − 1 inputs: its gradient goes to rows <paramref name="from"/> … <paramref name="to"/> − 1 of them.</summary>
    private static void AddFinal<T>(ConvolutionArrays<T> x, ConvolutionPiece piece, long from, long to, T* final, T* rowZero)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (final == null) return;
        long state = x.Taps - 1;
        for (var t = Math.Max(from, x.Length - state); t < to; t++)
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
