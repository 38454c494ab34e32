using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.Steps;

/// <summary>
/// All launches of a training step on a GPU, from the first operation to the update, recorded once and started as one. Inputs, learning rate and weights
/// are read from where they lie; a replay does what the launches do one by one, to the same bits.
/// </summary>
internal sealed class CapturedStep : IDisposable
{
    private readonly Optimizer _optimizer;
    private readonly Tensor?[] _inputs;
    private readonly Tensor[] _outputs = [];
    private readonly CudaGraph _graph;

    /// <summary>Where the replays leave the gradient of each parameter; null where the loss does not reach it.</summary>
    private readonly Tensor?[] _gradients;

    /// <summary>Records a step; nothing is computed. The kernels and the optimizer's moments must be there from an earlier step.</summary>
    /// <param name="device">Where the parameters are.</param>
    /// <param name="optimizer">Of the parameters.</param>
    /// <param name="inputs">Inputs like those of all replays.</param>
    /// <param name="clip">Largest norm of the gradient; null to take it as it is.</param>
    /// <param name="accumulate">Adds the gradients and gives what is measured.</param>
    /// <exception cref="InvalidOperationException">Something in the step goes through the host.</exception>
    /// <exception cref="CudaException">Something in the step cannot be part of a graph, or there is no room.</exception>
    public CapturedStep(Device device, Optimizer optimizer, IReadOnlyList<Tensor?> inputs, double? clip, Func<Tensor?[], Tensor[]> accumulate)
    {
        _optimizer = optimizer;
        using var unscoped = TensorScope.Suspend();
        _inputs = [.. inputs.Select(input => input is null ? null : Copy(input, device))];

        // The gradients of the last step lie in memory that is not the graph's.
        optimizer.ZeroGradient();
        try
        {
            Tensor[] outputs = [];
            _graph = CudaGraph.Capture(CudaDevice.Of(device), () =>
            {
                using (var scope = new TensorScope()) outputs = [.. accumulate(_inputs).Select(scope.Keep)];
                optimizer.LaunchStep(clip);
            });
            _outputs = outputs;
        }
        catch
        {
            optimizer.ZeroGradient();
            DisposeTensors();
            throw;
        }

        _gradients = [.. optimizer.Parameters.Select(parameter => parameter.Value.Gradient is { } gradient ? gradient.Alias(gradient.Shape) : null)];
    }

    /// <summary>Launches in the graph.</summary>
    public long Nodes => _graph.Nodes;

    /// <summary>Memory that nothing but the replays uses.</summary>
    public long HeldBytes => _graph.HeldBytes;

    /// <summary>Starts a step.</summary>
    /// <param name="inputs">As those that were recorded.</param>
    /// <param name="rate">Learning rate.</param>
    /// <returns>What is measured, on the device, in the current scope; the next replay overwrites it.</returns>
    public Tensor[] Replay(IReadOnlyList<Tensor?> inputs, double rate)
    {
        for (var i = 0; i < _inputs.Length; i++) _inputs[i]?.CopyFrom(inputs[i]!);
        PutGradients();
        _optimizer.SetRate(rate);
        _graph.Launch();
        return [.. _outputs.Select(output => output.Alias(output.Shape))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _graph.Dispose();
        foreach (var gradient in _gradients) gradient?.Dispose();
        DisposeTensors();
    }

    private static Tensor Copy(Tensor input, Device device)
    {
        var copy = Tensor.Empty(input.Shape, input.DType, device);
        copy.CopyFrom(input);
        return copy;
    }

    /// <summary>Other steps in between have gradients elsewhere; the optimizer's tables must show those of the graph.</summary>
    private void PutGradients()
    {
        using var unscoped = TensorScope.Suspend();
        for (var i = 0; i < _gradients.Length; i++)
        {
            var (value, gradient) = (_optimizer.Parameters[i].Value, _gradients[i]);
            if (value.Gradient?.Address() == gradient?.Address()) continue;
            value.Gradient?.Dispose();
            value.Gradient = gradient?.Alias(gradient.Shape);
        }
    }

    private void DisposeTensors()
    {
        foreach (var input in _inputs) input?.Dispose();
        foreach (var output in _outputs) output.Dispose();
    }
}
