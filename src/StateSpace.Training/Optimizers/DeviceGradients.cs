using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.ParameterUpdate;

namespace StateSpace.Training.Optimizers;

/// <summary>The gradients of some parameters on one GPU, to measure and to scale.</summary>
internal sealed class DeviceGradients : IDisposable
{
    private readonly DType _type;
    private readonly int _blocks;
    private readonly Tensor _table;
    private readonly Tensor _partial;
    private readonly Tensor _result;

    /// <param name="gradients">At least one, all of one type on one device.</param>
    public DeviceGradients(IReadOnlyList<Tensor> gradients)
    {
        var device = gradients[0].Device;
        _type = gradients[0].DType;
        var table = new List<UpdateBlock>();
        foreach (var gradient in gradients)
        {
            if (gradient.Device != device || gradient.DType != _type) throw new NotSupportedException($"gradients on a GPU are clipped where they are of one type on one device, not {gradients[0]} and {gradient}");
            for (long start = 0; start < gradient.Count; start += ParameterUpdateCuda.BlockLength)
            {
                var length = Math.Min(ParameterUpdateCuda.BlockLength, gradient.Count - start);
                table.Add(new(0, gradient.Address() + (ulong)(start * _type.Size()), 0, 0, length, 0));
            }
        }

        _blocks = table.Count;
        _table = Tensor.Zeros([Math.Max(1, _blocks), ParameterUpdateCuda.WordsOf<UpdateBlock>()], DType.Int64, device);
        _partial = Tensor.Zeros([Math.Max(1, _blocks)], DType.Float64, device);
        _result = Tensor.Empty([2], DType.Float64, device);
        if (_blocks > 0) ParameterUpdateCuda.Upload<UpdateBlock>(table.ToArray(), _table);
    }

    /// <summary>The gradients of parameters on a GPU; null where none of them has one.</summary>
    public static DeviceGradients? Of(IEnumerable<Parameter> parameters)
    {
        var gradients = parameters.Select(parameter => parameter.Value.Gradient).OfType<Tensor>().ToArray();
        return gradients.Length == 0 ? null : new(gradients);
    }

    /// <summary>Norm and factor. Waits for the device.</summary>
    public ClipResult Measure(double maximum)
    {
        ParameterUpdateCuda.Measure(_type, _table, _blocks, _partial, maximum, GradientClipping.Margin, _result);
        return GradientClipping.Result(_result.ToArray<double>());
    }

    /// <summary>Scales the gradients by what was measured.</summary>
    public void Scale()
    {
        using var factor = _result.Alias(Shape.Scalar, 1);
        ParameterUpdateCuda.Scale(_type, _table, _blocks, factor);
    }

    public void Dispose()
    {
        _table.Dispose();
        _partial.Dispose();
        _result.Dispose();
    }
}
