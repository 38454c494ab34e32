using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using Tensor = StateSpace.Tensors.Tensor;

namespace StateSpace.Training.Optimizers;

/// <summary>What to do where a gradient is infinite or not a number.</summary>
public enum NonFiniteGradients
{
    /// <summary>Throw, naming the first parameter.</summary>
    Throw,

    /// <summary>Say so in the result and leave the gradients as they are; the caller leaves out the step.</summary>
    Skip,
}

/// <summary>What clipping found.</summary>
/// <param name="Norm">Euclidean norm over all parameters, before clipping.</param>
/// <param name="Scale">Factor that was applied; 1 where the norm was within the limit.</param>
/// <param name="IsFinite">Whether the norm is a finite number. Where it is not, leave out the step.</param>
public readonly record struct ClipResult(double Norm, double Scale, bool IsFinite);

/// <summary>A gradient is infinite or not a number.</summary>
/// <param name="parameter">Name of the first such parameter.</param>
public sealed class NonFiniteGradientException(string parameter)
    : ArithmeticException($"the gradient of {parameter} is not finite; lower the learning rate, warm up longer, or skip such steps");

/// <summary>Limits the Euclidean norm of the gradient of all parameters together (Pascanu et al., 2013, arXiv 1211.5063).</summary>
public static class GradientClipping
{
    private const long BlockLength = 1 << 14;

    /// <summary>Keeps the scaled norm below the limit, as <c>torch.nn.utils.clip_grad_norm_</c> does.</summary>
    internal const double Margin = 1e-6;

    /// <summary>Euclidean norm of all gradients, accumulated in double in an order that depends on the shapes alone.</summary>
    public static double Norm(IReadOnlyList<Parameter> parameters)
    {
        if (OnDevice(parameters))
        {
            using var gradients = DeviceGradients.Of(parameters);
            return gradients?.Measure(double.PositiveInfinity).Norm ?? 0;
        }

        var sum = 0.0;
        foreach (var parameter in parameters) sum += SumOfSquares(parameter);
        return Math.Sqrt(sum);
    }

    /// <summary>Scales the gradients in place so that their norm is at most <paramref name="maximum"/>.</summary>
    /// <param name="parameters">Parameters; those without a gradient count as zero.</param>
    /// <param name="maximum">Largest norm; infinity only measures.</param>
    /// <param name="nonFinite">What to do where the norm is not finite.</param>
    /// <exception cref="NonFiniteGradientException">The norm is not finite, and that is to throw.</exception>
    /// <remarks>Waits for a GPU; <see cref="Optimizer.ClipAndStep"/> does not.</remarks>
    public static ClipResult Clip(IReadOnlyList<Parameter> parameters, double maximum, NonFiniteGradients nonFinite = NonFiniteGradients.Throw)
    {
        if (!(maximum > 0)) throw new ArgumentOutOfRangeException(nameof(maximum), maximum, "the largest norm must be positive");
        if (OnDevice(parameters)) return ClipOnDevice(parameters, maximum, nonFinite);
        var norm = Norm(parameters);
        if (!double.IsFinite(norm))
        {
            if (nonFinite == NonFiniteGradients.Throw) throw new NonFiniteGradientException(FirstNonFinite(parameters));
            return new(norm, 1, IsFinite: false);
        }

        var scale = maximum / (norm + Margin);
        if (scale >= 1) return new(norm, 1, IsFinite: true);
        foreach (var parameter in parameters)
        {
            if (parameter.Value.Gradient is not { } gradient) continue;
            if (gradient.DType == DType.Float32) Scale(gradient, (float)scale);
            else Scale(gradient, scale);
        }

        return new(norm, scale, IsFinite: true);
    }

    /// <summary>What the device measured: the norm, and the factor, which is 0 where the norm is not finite.</summary>
    internal static ClipResult Result(double[] measured) => new(measured[0], measured[1] == 0 ? 1 : measured[1], IsFinite: measured[1] != 0);

    private static bool OnDevice(IReadOnlyList<Parameter> parameters) => parameters.Count > 0 && !parameters[0].Value.Device.IsCpu;

    private static ClipResult ClipOnDevice(IReadOnlyList<Parameter> parameters, double maximum, NonFiniteGradients nonFinite)
    {
        using var gradients = DeviceGradients.Of(parameters);
        if (gradients is null) return new(0, 1, IsFinite: true);
        var result = gradients.Measure(maximum);
        if (!result.IsFinite && nonFinite == NonFiniteGradients.Throw) throw new NonFiniteGradientException(FirstNonFinite(parameters));
        if (result.Scale != 1) gradients.Scale();
        return result;
    }

    private static string FirstNonFinite(IReadOnlyList<Parameter> parameters) =>
        parameters.FirstOrDefault(parameter => !double.IsFinite(Norm([parameter])))?.Name ?? "all parameters together";

    private static double SumOfSquares(Parameter parameter) => parameter.Value.Gradient switch
    {
        null => 0,
        { DType: DType.Float32 } gradient => SumOfSquares<float>(gradient),
        { } gradient => SumOfSquares<double>(gradient),
    };

    private static unsafe double SumOfSquares<T>(Tensor gradient)
        where T : unmanaged, INumberBase<T>
    {
        var source = gradient.Pointer<T>();
        var partial = new double[(gradient.Count + BlockLength - 1) / BlockLength];
        CpuTeam.ForBlocks(gradient.Count, BlockLength, (start, end) =>
            partial[start / BlockLength] = typeof(T) == typeof(float) ? SumOfSquares((float*)source + start, end - start) : SumOfSquares((double*)source + start, end - start));
        var sum = 0.0;
        foreach (var part in partial) sum += part;
        return sum;
    }

    private static unsafe double SumOfSquares(float* x, long length)
    {
        Vector512<double> first = Vector512<double>.Zero, second = Vector512<double>.Zero;
        long lanes = Vector512<float>.Count, i = 0;
        for (; i <= length - lanes; i += lanes)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(x + i));
            first = Vector512.FusedMultiplyAdd(low, low, first);
            second = Vector512.FusedMultiplyAdd(high, high, second);
        }

        var sum = Vector512.Sum(first + second);
        for (; i < length; i++) sum += (double)x[i] * x[i];
        return sum;
    }

    private static unsafe double SumOfSquares(double* x, long length) => Lanes.Dot(x, x, length);

    private static unsafe void Scale<T>(Tensor gradient, T scale)
        where T : unmanaged, INumberBase<T>
    {
        var target = gradient.Pointer<T>();
        CpuTeam.ForBlocks(gradient.Count, BlockLength, (start, end) =>
        {
            var span = new Span<T>(target + start, (int)(end - start));
            TensorPrimitives.Multiply(span, scale, span);
        });
    }
}
