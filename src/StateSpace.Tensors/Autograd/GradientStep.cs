namespace StateSpace.Tensors.Autograd;

/// <summary>One operation's turn in a reverse pass: what it was computed from, what arrived at its outputs, and where to put what its inputs get.</summary>
public sealed class GradientStep
{
    private readonly TapeRecord _record;

    internal GradientStep(TapeRecord record) => _record = record;

    /// <summary>The operation.</summary>
    public Operation Operation => _record.Operation;

    /// <summary>Where the operation ran.</summary>
    public Device Device => _record.Device;

    /// <summary>Number of inputs.</summary>
    public int InputCount => _record.InputCount;

    /// <summary>Number of outputs.</summary>
    public int OutputCount => _record.OutputCount;

    /// <summary>Whether an input wants a gradient.</summary>
    public bool Needs(int input) => _record.Needs(input);

    /// <summary>An input, where the operation saves inputs.</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public Tensor Input(int input) => _record.Input(input);

    /// <summary>An output, where the operation saves outputs.</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public Tensor Output(int output) => _record.Output(output);

    /// <summary>Shape of an input, saved or not.</summary>
    public Shape InputShape(int input) => _record.InputInfo(input).Shape;

    /// <summary>Element type of an input, saved or not.</summary>
    public DType InputDType(int input) => _record.InputInfo(input).DType;

    /// <summary>Shape of an output, saved or not.</summary>
    public Shape OutputShape(int output) => _record.OutputInfo(output).Shape;

    /// <summary>What arrived at an output; zeros where the loss does not depend on it.</summary>
    public Tensor OutputGradient(int output)
    {
        var (shape, dtype) = _record.OutputInfo(output);
        return _record.OutputGradient(output) ?? Tensor.Zeros(shape, dtype, Device);
    }

    /// <summary>Whether anything arrived at an output.</summary>
    public bool HasOutputGradient(int output) => _record.OutputGradient(output) is not null;

    /// <summary>Gives an input its gradient (or a part of it: gifts add up). Ignored where the input wants none.</summary>
    /// <exception cref="ShapeException">The gradient does not have the input's shape and type.</exception>
    public void Give(int input, Tensor gradient)
    {
        if (_record.Needs(input)) _record.Give(input, gradient);
    }

    /// <summary>
    /// The sum that gifts to this input go to, where it is a leaf's and has begun: a rule whose kernel can add to it in place may do that
    /// instead of giving, which saves a pass over memory.
    /// </summary>
    internal Tensor? SumOf(int input) => _record.SumOf(input);
}
