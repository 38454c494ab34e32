using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Arithmetic;

/// <summary>
/// A function of two operands, element by element, with broadcasting. On a GPU one may be BFloat16 and the other Float32: the result has the left
/// operand's type, and each gradient its operand's.
/// </summary>
internal abstract class ArithmeticOperation : Operation
{
    public Tensor Apply(Tensor left, Tensor right) => RunOne(left, right);

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        Require(
            inputs[0].DType == inputs[1].DType || (!inputs[0].Device.IsCpu && inputs[0].DType.IsMixable() && inputs[1].DType.IsMixable()),
            $"left is {inputs[0]} but right is {inputs[1]}; convert one of them");
        if (!Shape.TryBroadcast(inputs[0].Shape, inputs[1].Shape, out var shape))
        {
            throw new ShapeException(Name, $"left is {inputs[0].Shape} but right is {inputs[1].Shape}; sizes must be the same or 1, aligned at the end");
        }

        return [Tensor.Empty(shape, inputs[0].DType, inputs[0].Device)];
    }

    protected static unsafe void Run<TFloat, TDouble, TInt, TLong>(Tensor[] inputs, Tensor[] outputs)
        where TFloat : IArithmeticOperator<float>
        where TDouble : IArithmeticOperator<double>
        where TInt : IArithmeticOperator<int>
        where TLong : IArithmeticOperator<long>
    {
        var (x, y, z) = (inputs[0], inputs[1], outputs[0]);
        var loop = new BroadcastLoop(x.Shape, y.Shape, z.Shape);
        switch (z.DType)
        {
            case DType.Float32: loop.Run<float, TFloat>(x.Pointer<float>(), y.Pointer<float>(), z.Pointer<float>()); break;
            case DType.Float64: loop.Run<double, TDouble>(x.Pointer<double>(), y.Pointer<double>(), z.Pointer<double>()); break;
            case DType.Int32: loop.Run<int, TInt>(x.Pointer<int>(), y.Pointer<int>(), z.Pointer<int>()); break;
            default: loop.Run<long, TLong>(x.Pointer<long>(), y.Pointer<long>(), z.Pointer<long>()); break;
        }
    }
}

/// <summary>x + y.</summary>
internal sealed class Add : ArithmeticOperation
{
    public override Saved Saves => Saved.Nothing;

    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0);
        if (step.Needs(0)) step.Give(0, gradient.SumTo(step.InputShape(0), step.InputDType(0)));
        if (step.Needs(1)) step.Give(1, gradient.SumTo(step.InputShape(1), step.InputDType(1)));
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) =>
        Run<AddOperator<float>, AddOperator<double>, AddOperator<int>, AddOperator<long>>(inputs, outputs);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Run("OPERATION=Add", inputs[0], inputs[1], outputs[0]);
}

/// <summary>x − y.</summary>
internal sealed class Subtract : ArithmeticOperation
{
    public override Saved Saves => Saved.Nothing;

    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0);
        if (step.Needs(0)) step.Give(0, gradient.SumTo(step.InputShape(0), step.InputDType(0)));
        if (step.Needs(1)) step.Give(1, -gradient.SumTo(step.InputShape(1), step.InputDType(1)));
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) =>
        Run<SubtractOperator<float>, SubtractOperator<double>, SubtractOperator<int>, SubtractOperator<long>>(inputs, outputs);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Run("OPERATION=Subtract", inputs[0], inputs[1], outputs[0]);
}

/// <summary>x · y.</summary>
internal sealed class Multiply : ArithmeticOperation
{
    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0);
        if (step.Needs(0)) step.Give(0, (gradient * step.Input(1)).SumTo(step.InputShape(0), step.InputDType(0)));
        if (step.Needs(1)) step.Give(1, (gradient * step.Input(0)).SumTo(step.InputShape(1), step.InputDType(1)));
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) =>
        Run<MultiplyOperator<float>, MultiplyOperator<double>, MultiplyOperator<int>, MultiplyOperator<long>>(inputs, outputs);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Run("OPERATION=Multiply", inputs[0], inputs[1], outputs[0]);
}

/// <summary>x / y.</summary>
internal sealed class Divide : ArithmeticOperation
{
    public override Saved Saves => Saved.Inputs | Saved.Outputs;

    protected internal override void Backward(GradientStep step)
    {
        // d(x/y) = dx/y − (x/y) dy/y
        var share = step.OutputGradient(0) / step.Input(1);
        if (step.Needs(0)) step.Give(0, share.SumTo(step.InputShape(0), step.InputDType(0)));
        if (step.Needs(1)) step.Give(1, -(share * step.Output(0)).SumTo(step.InputShape(1), step.InputDType(1)));
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) =>
        Run<DivideOperator<float>, DivideOperator<double>, DivideOperator<int>, DivideOperator<long>>(inputs, outputs);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Run("OPERATION=Divide", inputs[0], inputs[1], outputs[0]);
}

/// <summary>max(x, y); where both are the same, each gets half of the gradient.</summary>
internal sealed class Maximum : ArithmeticOperation
{
    protected internal override void Backward(GradientStep step)
    {
        var (x, y, gradient) = (step.Input(0), step.Input(1), step.OutputGradient(0));
        if (step.Needs(0)) step.Give(0, (gradient * new LargerShare().Apply(x, y)).SumTo(step.InputShape(0), step.InputDType(0)));
        if (step.Needs(1)) step.Give(1, (gradient * new LargerShare().Apply(y, x)).SumTo(step.InputShape(1), step.InputDType(1)));
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) =>
        Run<MaximumOperator<float>, MaximumOperator<double>, MaximumOperator<int>, MaximumOperator<long>>(inputs, outputs);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Run("OPERATION=Maximum", inputs[0], inputs[1], outputs[0]);
}

/// <summary>The share of a maximum's gradient that the left operand gets; it has no gradient itself.</summary>
internal sealed class LargerShare : ArithmeticOperation
{
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) =>
        Run<LargerShareOperator<float>, LargerShareOperator<double>, LargerShareOperator<int>, LargerShareOperator<long>>(inputs, outputs);

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ArithmeticCuda.Run("OPERATION=LargerShare", inputs[0], inputs[1], outputs[0]);
}
