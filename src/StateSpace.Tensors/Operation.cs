using System.Runtime.CompilerServices;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda.Allocation;

namespace StateSpace.Tensors;

/// <summary>
/// One application of an operation: it owns its kernel on each device and its gradient rule. An instance holds the
/// operation's settings and serves one call.
/// </summary>
/// <remarks>
/// A new operation is a class derived from this one in a folder of its own with a public static entry that calls
/// <see cref="Run"/>. See <c>docs/adding-an-operation.md</c>.
/// </remarks>
public abstract class Operation
{
    private List<Tensor>? _kept;

    /// <summary>Name in errors, records and benchmarks; by default the class name.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>Which tensors the gradient rule reads; the tape keeps their memory. Everything else may be released before the reverse pass.</summary>
    public virtual Saved Saves => Saved.Inputs;

    /// <summary>Whether to record a call though none of its inputs is tracked, because it reads leaves by other ways.</summary>
    internal virtual bool ReadsLeaves => false;

    /// <summary>Validates the inputs and makes the outputs, contents undefined (or views of inputs).</summary>
    /// <exception cref="ShapeException">The inputs do not fit.</exception>
    protected abstract Tensor[] Prepare(Tensor[] inputs);

    /// <summary>Whether the CPU form takes BFloat16: it moves or converts elements and computes nothing.</summary>
    private protected virtual bool MovesElements => false;

    /// <summary>Computes the outputs on the CPU.</summary>
    protected abstract void ForwardCpu(Tensor[] inputs, Tensor[] outputs);

    /// <summary>Computes the outputs on an NVIDIA GPU.</summary>
    /// <exception cref="MissingKernelException">There is no such kernel.</exception>
    protected virtual void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => throw new MissingKernelException(Name, DeviceKind.Cuda);

    /// <summary>
    /// Gives, for each input that needs it, the gradient of the loss, from those of the outputs. Runs without recording.
    /// </summary>
    /// <exception cref="MissingGradientException">The operation has no gradient.</exception>
    protected internal virtual void Backward(GradientStep step) => throw new MissingGradientException(Name);

    /// <summary>Runs the operation on the inputs' device and records it where a tape is active and an input is tracked.</summary>
    /// <returns>The outputs.</returns>
    protected Tensor[] Run(params Tensor[] inputs)
    {
        var device = inputs[0].Device;
        foreach (var input in inputs)
        {
            if (input.Device != device) throw new ShapeException(Name, $"inputs lie on {device} and {input.Device}; move them to one device");
            if (input.DType == DType.BFloat16 && device.IsCpu && !MovesElements)
                throw new ShapeException(Name, $"the CPU does not compute with {DType.BFloat16}; convert {input} to {DType.Float32}");
        }

        var asking = CudaMemory.Asking;
        if (!device.IsCpu) CudaMemory.Asking = Name;
        var outputs = Prepare(inputs);
        if (device.IsCpu) ForwardCpu(inputs, outputs);
        else ForwardCuda(inputs, outputs);
        CudaMemory.Asking = asking;
        foreach (var output in outputs) output.Operation = Name;
        if (Tape.Current?.Record(this, inputs, outputs) != true) ReleaseKept();
        return outputs;
    }

    /// <summary>
    /// Takes an intermediate result out of the caller's scope into this operation, for its gradient rule. It is released with
    /// the tape's record, or at once where the call is not recorded.
    /// </summary>
    /// <returns>The tensor.</returns>
    protected Tensor Keep(Tensor tensor)
    {
        using (TensorScope.Suspend()) (_kept ??= []).Add(tensor.Alias(tensor.Shape));
        return _kept[^1];
    }

    /// <summary>Runs an operation of one output.</summary>
    protected Tensor RunOne(params Tensor[] inputs) => Run(inputs)[0];

    /// <summary>Runs the gradient rule.</summary>
    internal void RunBackward(GradientStep step)
    {
        var asking = CudaMemory.Asking;
        CudaMemory.Asking = Name;
        Backward(step);
        CudaMemory.Asking = asking;
    }

    internal void ReleaseKept()
    {
        if (_kept is null) return;
        foreach (var tensor in _kept) tensor.Dispose();
        _kept = null;
    }

    /// <summary>Throws a <see cref="ShapeException"/> in this operation's name where the condition does not hold.</summary>
    protected void Require(bool condition, string problem)
    {
        if (!condition) throw new ShapeException(Name, problem);
    }

    /// <summary>The same with a text that is put together only where the condition does not hold: a step of decoding makes hundreds of calls.</summary>
    private protected void Require(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref ShapeException.ProblemText problem)
    {
        if (!condition) throw new ShapeException(Name, problem.ToString());
    }
}

/// <summary>Which tensors of an operation its gradient rule reads.</summary>
[Flags]
public enum Saved
{
    /// <summary>Shapes alone.</summary>
    Nothing = 0,

    /// <summary>The inputs.</summary>
    Inputs = 1,

    /// <summary>The outputs.</summary>
    Outputs = 2,
}

/// <summary>An operation has no kernel for a device. There is no fallback.</summary>
public sealed class MissingKernelException(string operation, DeviceKind device)
    : NotSupportedException($"{operation} has no {device.ToString().ToLowerInvariant()} kernel");

/// <summary>An operation has no gradient rule.</summary>
public sealed class MissingGradientException(string operation)
    : NotSupportedException($"{operation} has no gradient; detach its input or leave it out of the loss");
