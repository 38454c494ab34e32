using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu.VectorMath;

namespace StateSpace.Tensors.Operations.Elementwise;

/// <summary>y = f(x) element by element, with the chain rule ∂x = g f′(x).</summary>
/// <typeparam name="TFunction">f.</typeparam>
/// <typeparam name="TDerivative">f′.</typeparam>
internal sealed class ElementwiseFunction<TFunction, TDerivative>(string name) : Operation
    where TFunction : struct, IUnaryOperator
    where TDerivative : struct, IUnaryOperator
{
    public override string Name => name;

    public static Tensor Apply(string name, Tensor x) => new ElementwiseFunction<TFunction, TDerivative>(name).RunOne(x);

    protected internal override void Backward(GradientStep step)
    {
        var (x, gradient) = (step.Input(0), step.OutputGradient(0));
        var dx = x.EmptyLike();
        if (!x.Device.IsCpu) ElementwiseCuda.Backward(Name, x, gradient, dx);
        else if (x.DType == DType.Float32) Backward<float>(x, gradient, dx);
        else Backward<double>(x, gradient, dx);
        step.Give(0, dx);
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(inputs[0].DType.IsFloating(), $"needs floating-point elements, not {inputs[0]}");
        return [inputs[0].EmptyLike()];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs[0].DType == DType.Float32) Forward<float>(inputs[0], outputs[0]);
        else Forward<double>(inputs[0], outputs[0]);
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ElementwiseCuda.Forward(Name, inputs[0], outputs[0]);

    private static unsafe void Forward<T>(Tensor x, Tensor y)
        where T : unmanaged => UnaryDriver.Run<T, TFunction>(x.Pointer<T>(), y.Pointer<T>(), x.Count);

    private static unsafe void Backward<T>(Tensor x, Tensor gradient, Tensor dx)
        where T : unmanaged =>
        BinaryDriver.Run<T, GradientOperator<TDerivative>>(x.Pointer<T>(), gradient.Pointer<T>(), dx.Pointer<T>(), x.Count);
}
