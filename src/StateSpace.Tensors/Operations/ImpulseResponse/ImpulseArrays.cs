using System.Numerics;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

/// <summary>The parameters as the kernels see them; eigenvalues and weights are read as doubles, one mode at a time.</summary>
internal readonly unsafe struct ImpulseArrays<T>(ImpulseTensors x)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly long Channels = x.LambdaRe.Shape[0];
    public readonly long States = x.LambdaRe.Shape[1];
    public readonly bool IsLog = x.IsLog;
    public readonly double Scale = x.Scale;
    private readonly T* _lambdaRe = x.LambdaRe.Pointer<T>();
    private readonly T* _lambdaIm = x.LambdaIm is null ? null : x.LambdaIm.Pointer<T>();
    private readonly T* _weightRe = x.WeightRe.Pointer<T>();
    private readonly T* _weightIm = x.WeightIm is null ? null : x.WeightIm.Pointer<T>();

    /// <summary>λ of a mode d·N + n.</summary>
    public (double Re, double Im) Lambda(long mode)
    {
        var (re, im) = Read(_lambdaRe, _lambdaIm, mode);
        if (!IsLog) return (re, im);
        var magnitude = Math.Exp(re);
        if (_lambdaIm == null) return (magnitude, 0);
        var (sin, cos) = Math.SinCos(im);
        return (magnitude * cos, magnitude * sin);
    }

    public (double Re, double Im) Weight(long mode) => Read(_weightRe, _weightIm, mode);

    /// <summary>Writes ∂ℓ/∂λ (or ∂ℓ/∂a) and ∂ℓ/∂w of a mode, when these arrays are gradients.</summary>
    public void Write(long mode, (double Re, double Im) lambda, (double Re, double Im) weight)
    {
        _lambdaRe[mode] = T.CreateTruncating(lambda.Re);
        _weightRe[mode] = T.CreateTruncating(weight.Re);
        if (_lambdaIm == null) return;
        _lambdaIm[mode] = T.CreateTruncating(lambda.Im);
        _weightIm[mode] = T.CreateTruncating(weight.Im);
    }

    private static (double Re, double Im) Read(T* re, T* im, long mode) =>
        (double.CreateTruncating(re[mode]), im == null ? 0 : double.CreateTruncating(im[mode]));
}
