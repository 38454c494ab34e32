using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>λ, s w and the state x of one block of rows, each (N, lanes). Imaginary arrays are there also where numbers are real, and not used.</summary>
internal readonly unsafe struct Modes<T>(T* memory, long stride)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly T* LambdaRe = memory;
    public readonly T* LambdaIm = memory + stride;
    public readonly T* WeightRe = memory + (2 * stride);
    public readonly T* WeightIm = memory + (3 * stride);
    public readonly T* StateRe = memory + (4 * stride);
    public readonly T* StateIm = memory + (5 * stride);

    /// <summary>Vectors that N states need.</summary>
    public static long Vectors(long states) => 6 * states;

    /// <summary>Where a block's modes lie in the memory of a group.</summary>
    public static Modes<T> At(T* memory, int block, long states) =>
        new(memory + (block * Vectors(states) * Vector512<T>.Count), states * Vector512<T>.Count);

    /// <summary>Packs the parameters and the initial state.</summary>
    public void Load<TField>(LaneRows<T> rows, RecurrenceArrays<T> x)
        where TField : struct, INumberField
    {
        rows.LoadParameters(x.LambdaRe, x.States, x.States, T.One, LambdaRe);
        rows.LoadParameters(x.WeightRe, x.States, x.States, x.Scale, WeightRe);
        rows.LoadStates(x.InitialRe, x.States, StateRe);
        if (!TField.IsComplex) return;
        rows.LoadParameters(x.LambdaIm, x.States, x.States, T.One, LambdaIm);
        rows.LoadParameters(x.WeightIm, x.States, x.States, x.Scale, WeightIm);
        rows.LoadStates(x.InitialIm, x.States, StateIm);
    }

    /// <summary>The same from state <paramref name="n"/> on.</summary>
    public Modes<T> From(long n) => new(LambdaRe + (n * Vector512<T>.Count), stride);
}
