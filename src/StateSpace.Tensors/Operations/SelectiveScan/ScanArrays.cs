using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>The operands as the kernels see them: sizes and first elements, null where there is no tensor.</summary>
internal readonly unsafe struct ScanArrays<T>(ScanTensors x)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly long Batch = x.Input.Shape[0];
    public readonly long Length = x.Input.Shape[1];
    public readonly long Channels = x.Input.Shape[2];
    public readonly long States = x.ARe.Shape[1];
    public readonly bool IsBPerStep = x.IsBPerStep;
    public readonly bool IsCPerStep = x.IsCPerStep;
    public readonly bool Softplus = x.Softplus;
    public readonly ScanQuads<T> Quads = new(x.ARe.Shape[1], x.IsComplex);
    public readonly T* Input = x.Input.Pointer<T>();
    public readonly T* Delta = x.Delta.Pointer<T>();
    public readonly T* ARe = x.ARe.Pointer<T>();
    public readonly T* AIm = Pointer(x.AIm);
    public readonly T* BRe = x.BRe.Pointer<T>();
    public readonly T* BIm = Pointer(x.BIm);
    public readonly T* CRe = x.CRe.Pointer<T>();
    public readonly T* CIm = Pointer(x.CIm);
    public readonly T* Skip = Pointer(x.Skip);
    public readonly T* Gate = Pointer(x.Gate);
    public readonly T* DeltaBias = Pointer(x.DeltaBias);
    public readonly T* InitialRe = Pointer(x.InitialRe);
    public readonly T* InitialIm = Pointer(x.InitialIm);
    public readonly int* Resets = x.Resets is null ? null : x.Resets.Pointer<int>();

    /// <summary>s.</summary>
    public readonly T Scale = x.IsComplex ? T.One + T.One : T.One;

    /// <summary>First element, or null where there is no tensor.</summary>
    public static T* Pointer(Tensor? tensor) => tensor is null ? null : tensor.Pointer<T>();

    public ScanKernel<T> CreateKernel() => ScanKernels.Create<T>(Quads.IsComplex, IsBPerStep, IsCPerStep);

    /// <summary>Steps and resets of a chunk.</summary>
    public ScanRuns Runs(long sequence, long start, long steps) => new(Resets == null ? null : Resets + (sequence * Length) + start, steps);

    /// <summary>A of a block as rates: log₂ e times the real part, the imaginary part over π.</summary>
    public void LoadRates(ScanGroup<T> group, int block, T* packed) =>
        LoadParameters(group, block, ARe, AIm, T.CreateTruncating(1.4426950408889634), T.CreateTruncating(1 / Math.PI), packed);

    /// <summary>A block's rows of a (D, N) array.</summary>
    public void LoadParameters(ScanGroup<T> group, int block, T* re, T* im, T* packed) => LoadParameters(group, block, re, im, T.One, T.One, packed);

    /// <summary>A block's rows of a (B, D, N) array; zeros where it is null.</summary>
    public void LoadStates(ScanGroup<T> group, int block, T* re, T* im, T* packed)
    {
        var at = StateOffset(group, block);
        Quads.LoadRows(re == null ? null : re + at, im == null ? null : im + at, group.Count(block), T.One, T.One, packed);
    }

    /// <summary>The reverse of <see cref="LoadStates"/>; nothing where an array is null.</summary>
    public void StoreStates(ScanGroup<T> group, int block, T* packed, T* re, T* im)
    {
        var at = StateOffset(group, block);
        Quads.StoreRows(packed, re == null ? null : re + at, im == null ? null : im + at, group.Count(block));
    }

    /// <summary>Vectors of memory for B or C: (blocks, vectors, lanes) where of a channel, (vectors, steps) where of a step.</summary>
    public long CoefficientVectors(ScanGroup<T> group, long steps) =>
        Math.Max(group.Blocks * Quads.Vectors, ((Quads.Vectors * steps) + Vector512<T>.Count - 1) / Vector512<T>.Count);

    /// <summary>Steps of a (B, L, N) array to (quads, stride, 4).</summary>
    public void LoadSteps(ScanGroup<T> group, long start, long steps, T* re, T* im, T* packed, long stride)
    {
        var at = ((group.Sequence * Length) + start) * States;
        Quads.LoadSteps(re + at, im == null ? null : im + at, steps, packed, stride);
    }

    /// <summary>Position of a block's rows in a (B, D, N) array.</summary>
    public long StateOffset(ScanGroup<T> group, int block) => ((group.Sequence * Channels) + group.Channel(block)) * States;

    /// <summary>Ends the decay of a block's states or adjoints.</summary>
    public void EndDecay(T* packed)
    {
        var w = Vector512<T>.Count;
        for (long quad = 0; quad < Quads.Count; quad++, packed += ScanQuads<T>.Size * w)
        {
            if (Quads.IsComplex)
            {
                EndDecay<ComplexField>(packed, packed + (2 * w));
                EndDecay<ComplexField>(packed + w, packed + (3 * w));
            }
            else
            {
                EndDecay<RealField>(packed, packed + w);
                EndDecay<RealField>(packed + w, packed);
                EndDecay<RealField>(packed + (2 * w), packed);
                EndDecay<RealField>(packed + (3 * w), packed);
            }
        }
    }

    private static void EndDecay<TField>(T* re, T* im)
        where TField : struct, INumberField
    {
        Vector512<T> x = Vector512.Load(re), y = Vector512.Load(im);
        Decay.End<T, TField>(ref x, ref y);
        Vector512.Store(x, re);
        if (TField.IsComplex) Vector512.Store(y, im);
    }

    private void LoadParameters(ScanGroup<T> group, int block, T* re, T* im, T reFactor, T imFactor, T* packed)
    {
        var at = group.Channel(block) * States;
        Quads.LoadRows(re + at, im == null ? null : im + at, group.Count(block), reFactor, imFactor, packed);
    }
}
