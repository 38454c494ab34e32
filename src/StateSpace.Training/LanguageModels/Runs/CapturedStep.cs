using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>
/// All launches of a training step on one GPU, from the embedding to the update, recorded once and started as one. Tokens, learning rate and weights
/// are read from where they lie; a replay does what the launches do one by one, to the same bits.
/// </summary>
internal sealed class CapturedStep : IDisposable
{
    private readonly Optimizer _optimizer;
    private readonly TokenBatch[] _inputs;
    private readonly Tensor _losses;
    private readonly CudaGraph _graph;

    /// <summary>Where the replays leave the gradient of each parameter; null where the loss does not reach it.</summary>
    private readonly Tensor?[] _gradients;

    /// <summary>Records a step; nothing is computed. The kernels and the optimizer's moments must be there from an earlier step.</summary>
    /// <param name="device">Where the model is.</param>
    /// <param name="optimizer">Of the model's parameters.</param>
    /// <param name="batches">One for each part of the step: shapes, and whether there are resets, are those of all replays.</param>
    /// <param name="clip">Largest norm of the gradient.</param>
    /// <param name="accumulate">Adds the gradient of a part and gives its loss, a scalar, within the current scope.</param>
    /// <exception cref="InvalidOperationException">Something in the step goes through the host.</exception>
    /// <exception cref="CudaException">Something in the step cannot be part of a graph, or there is no room.</exception>
    public CapturedStep(Device device, Optimizer optimizer, IReadOnlyList<TokenBatch> batches, double clip, Func<TokenBatch, int, Tensor> accumulate)
    {
        _optimizer = optimizer;
        using var unscoped = TensorScope.Suspend();
        _inputs = [.. batches.Select(batch => batch.To(device))];
        _losses = Tensor.Zeros([batches.Count], optimizer.Parameters[0].Value.DType, device);

        // The gradients of the last step lie in memory that is not the graph's.
        optimizer.ZeroGradient();
        try
        {
            _graph = CudaGraph.Capture(CudaDevice.Of(device), () =>
            {
                for (var part = 0; part < _inputs.Length; part++)
                {
                    using var scope = new TensorScope();
                    _losses.Alias(Shape.Scalar, part).CopyFrom(accumulate(_inputs[part], part));
                }

                optimizer.LaunchStep(clip);
            });
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

    /// <summary>Makes a step. Waits for it.</summary>
    /// <param name="batches">As those that were recorded.</param>
    /// <param name="rate">Learning rate.</param>
    /// <returns>The loss of each part. <see cref="Optimizer.ReadClipping"/> has the norm.</returns>
    public double[] Replay(IReadOnlyList<TokenBatch> batches, double rate)
    {
        for (var part = 0; part < _inputs.Length; part++)
        {
            _inputs[part].Ids.CopyFrom(batches[part].Ids);
            _inputs[part].Targets.CopyFrom(batches[part].Targets);
            _inputs[part].Resets?.CopyFrom(batches[part].Resets!);
        }

        PutGradients();
        _optimizer.SetRate(rate);
        _graph.Launch();
        return _losses.ToArray<double>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _graph.Dispose();
        foreach (var gradient in _gradients) gradient?.Dispose();
        DisposeTensors();
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
        _losses.Dispose();
        foreach (var (ids, targets, resets) in _inputs)
        {
            ids.Dispose();
            targets.Dispose();
            resets?.Dispose();
        }
    }
}
