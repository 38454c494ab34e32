using System.Numerics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>What the operation reads; imaginary parts only where complex, an initial state only where there is one.</summary>
/// <param name="Input">u, (B, L, D).</param>
/// <param name="LambdaRe">λ, (D, N).</param>
/// <param name="LambdaIm">Its imaginary part.</param>
/// <param name="WeightRe">w, (D, N).</param>
/// <param name="WeightIm">Its imaginary part.</param>
/// <param name="InitialRe">The state before the first step, (B, D, N).</param>
/// <param name="InitialIm">Its imaginary part.</param>
/// <param name="Resets">(B, L).</param>
/// <param name="Scale">s.</param>
internal sealed record RecurrenceTensors(
    Tensor Input,
    Tensor LambdaRe,
    Tensor? LambdaIm,
    Tensor WeightRe,
    Tensor? WeightIm,
    Tensor? InitialRe,
    Tensor? InitialIm,
    Tensor? Resets,
    double Scale);

/// <summary>The same as the kernels see it: sizes and first elements.</summary>
internal readonly unsafe struct RecurrenceArrays<T>(RecurrenceTensors x)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly long Batch = x.Input.Shape[0];
    public readonly long Length = x.Input.Shape[1];
    public readonly long Channels = x.Input.Shape[2];
    public readonly long States = x.LambdaRe.Shape[1];
    public readonly T Scale = T.CreateTruncating(x.Scale);
    public readonly T* Input = x.Input.Pointer<T>();
    public readonly T* LambdaRe = x.LambdaRe.Pointer<T>();
    public readonly T* LambdaIm = Pointer(x.LambdaIm);
    public readonly T* WeightRe = x.WeightRe.Pointer<T>();
    public readonly T* WeightIm = Pointer(x.WeightIm);
    public readonly T* InitialRe = Pointer(x.InitialRe);
    public readonly T* InitialIm = Pointer(x.InitialIm);
    public readonly int* Resets = x.Resets is null ? null : x.Resets.Pointer<int>();

    /// <summary>First element, or null where there is no tensor.</summary>
    public static T* Pointer(Tensor? tensor) => tensor is null ? null : tensor.Pointer<T>();
}
