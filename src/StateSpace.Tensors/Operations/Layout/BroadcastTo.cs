using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.Arithmetic;

namespace StateSpace.Tensors.Operations.Layout;

/// <summary>A copy in which axes of size 1, and missing leading axes, are repeated.</summary>
internal sealed class BroadcastTo(Shape shape) : Operation
{
    public override Saved Saves => Saved.Nothing;

    public static Tensor Apply(Tensor x, Shape shape) => x.Shape == shape ? x : new BroadcastTo(shape).RunOne(x);

    protected internal override void Backward(GradientStep step) => step.Give(0, step.OutputGradient(0).SumTo(step.InputShape(0)));

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(Shape.TryBroadcast(inputs[0].Shape, shape, out var common) && common == shape, $"{inputs[0].Shape} does not broadcast to {shape}");
        return [Tensor.Empty(shape, inputs[0].DType, inputs[0].Device)];
    }

    protected override unsafe void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var loop = new BroadcastLoop(x.Shape, Shape.Scalar, shape);
        if (x.DType.Size() == 4) Copy<uint>(loop, x, y);
        else Copy<ulong>(loop, x, y);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Run("OPERATION=First", inputs[0], inputs[0], outputs[0]);

    private static unsafe void Copy<T>(BroadcastLoop loop, Tensor x, Tensor y)
        where T : unmanaged
    {
        T unused = default;
        loop.Run<T, FirstOperator<T>>((T*)x.Bytes(), &unused, (T*)y.Bytes());
    }

    /// <summary>The first of two operands.</summary>
    private readonly struct FirstOperator<T> : IArithmeticOperator<T>
        where T : unmanaged
    {
        public static T Invoke(T x, T y) => x;

        public static void Invoke(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => x.CopyTo(z);

        public static void Invoke(ReadOnlySpan<T> x, T y, Span<T> z) => x.CopyTo(z);

        public static void Invoke(T x, ReadOnlySpan<T> y, Span<T> z) => z.Fill(x);
    }
}
