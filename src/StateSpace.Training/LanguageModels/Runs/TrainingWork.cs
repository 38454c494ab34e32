using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>How much of a device's arithmetic a training uses.</summary>
public static class TrainingWork
{
    /// <summary>
    /// Floating-point operations of a training step per token in linear maps: twice the weights forward, twice that backward. Scans, attention and
    /// what is recomputed do not count, so that the share is a lower bound that compares between models ("model FLOPs utilisation"; Chowdhery et al.,
    /// 2022, arXiv 2204.02311, app. B, without its attention term).
    /// </summary>
    /// <param name="model">The model.</param>
    public static double OperationsPerToken(SequenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var weights = Linears(model).Select(linear => linear.Weight).Append(model.Head.Weight).Distinct().Sum(weight => weight.Value.Count);
        return 6.0 * weights;
    }

    /// <summary>Share of the peak arithmetic of the model's device in its precision, from 0 to 1; null on a CPU, whose peak is not known.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokensPerSecond">Training tokens per second.</param>
    public static double? Utilisation(SequenceModel model, double tokensPerSecond)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Device.IsCpu ? null : OperationsPerToken(model) * tokensPerSecond / CudaDevice.Of(model.Device).PeakOperations(model.Activations ?? model.DType);
    }

    private static IEnumerable<Linear> Linears(Module module) =>
        (module is Linear linear ? [linear] : Array.Empty<Linear>()).Concat(module.Modules.SelectMany(part => Linears(part.Module)));
}
