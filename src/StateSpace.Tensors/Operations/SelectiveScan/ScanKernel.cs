using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>
/// One quad of states of one block of channels over one chunk of time. Numbers of a step and channel are (steps, lanes); B and C are (steps, 4)
/// where they are of a step, (4, lanes) where they are of a channel; everything else is (4, lanes).
/// </summary>
internal unsafe struct ScanQuad<T>
    where T : unmanaged
{
    /// <summary>A log₂ e; the imaginary part A / π.</summary>
    public T* Rate;

    public T* State;
    public T* B;
    public T* C;

    /// <summary>Δ.</summary>
    public T* Delta;

    /// <summary>Δ u.</summary>
    public T* Input;

    /// <summary>Re Σ C h, to which a quad adds its part.</summary>
    public T* Sum;

    // From here on, for the reverse pass alone.

    /// <summary>A.</summary>
    public T* A;

    /// <summary>G, the gradient of the state.</summary>
    public T* Adjoint;

    /// <summary>s ∂ℓ/∂y SiLU(z).</summary>
    public T* Upstream;

    /// <summary>Σ_n Re(B̄ G), to which a quad adds its part.</summary>
    public T* InputSum;

    /// <summary>Σ_n Re(Ā q), likewise.</summary>
    public T* DecaySum;

    /// <summary>∂A, likewise.</summary>
    public T* AGradient;

    /// <summary>∂B: (steps, 4, vector), to be summed over channels, or (4, lanes).</summary>
    public T* BGradient;

    /// <summary>∂C, likewise.</summary>
    public T* CGradient;

    /// <summary>Scratch of (steps, 4, vector): exp(ΔA).</summary>
    public T* Decays;

    /// <summary>Scratch of (1 + steps, 4, vector): the state before the chunk and after each step.</summary>
    public T* States;
}

/// <summary>Where in a chunk the state is taken as zero: runs of steps between resets.</summary>
internal unsafe struct ScanRuns
{
    /// <summary>First step of each run, and after the last one the number of steps.</summary>
    public fixed int Starts[(int)SelectiveScanCpu.Chunk + 1];

    public int Count;

    /// <summary>Whether the first run begins with a reset; the others do.</summary>
    public bool FirstResets;

    /// <param name="resets">The chunk's part of (B, L), or null.</param>
    /// <param name="steps">Steps of the chunk, at least 1.</param>
    public ScanRuns(int* resets, long steps)
    {
        FirstResets = resets != null && resets[0] != 0;
        Count = 1;
        for (var t = 1; resets != null && t < steps; t++)
        {
            if (resets[t] != 0) Starts[Count++] = t;
        }

        Starts[Count] = (int)steps;
    }

    public readonly bool IsReset(int run) => run > 0 || FirstResets;
}

/// <summary>The inner loops for one kind of numbers; an instance chooses the code at run time.</summary>
internal abstract unsafe class ScanKernel<T>
    where T : unmanaged
{
    /// <summary>Elements of the vectors that the kernel works with; a block's lanes are one or two of them.</summary>
    public abstract int VectorSize { get; }

    /// <summary>Carries a quad through a chunk and adds its part of the outputs.</summary>
    /// <param name="quad">What to work on.</param>
    /// <param name="runs">Steps and resets.</param>
    /// <param name="isNormal">Whether all exponents are known to be within <see cref="NormalExponents.Limit"/>.</param>
    public abstract void Forward(in ScanQuad<T> quad, in ScanRuns runs, bool isNormal);

    /// <summary>Computes the states of a chunk again and runs the adjoint back over them.</summary>
    public abstract void Backward(in ScanQuad<T> quad, in ScanRuns runs, bool isNormal);

    /// <summary>Sums (count, vector) over channels to (count), count a multiple of 4.</summary>
    public abstract void SumLanes(T* vectors, long count, T* sums);
}

/// <summary>Sums over the lanes of a kernel's vectors.</summary>
internal static unsafe class LaneSums<T, V, TSimd>
    where T : unmanaged
    where V : struct
    where TSimd : struct, IScanSimd<T, V>
{
    public static void Store(T* vectors, long count, T* sums)
    {
        int size = TSimd.Count;
        for (long i = 0; i < count; i += 4, vectors += 4 * size)
        {
            TSimd.StoreSums(TSimd.Load(vectors), TSimd.Load(vectors + size), TSimd.Load(vectors + (2 * size)), TSimd.Load(vectors + (3 * size)), sums + i);
        }
    }
}

internal static class ScanKernels
{
    /// <summary>The kernel of the widest vectors that this processor has.</summary>
    public static ScanKernel<T> Create<T>(bool complex, bool isBPerStep, bool isCPerStep)
        where T : unmanaged, IFloatingPointIeee754<T> => (ScanKernel<T>)((typeof(T) == typeof(float), Avx512F.IsSupported) switch
        {
            (true, true) => (object)Create<float, Vector512<float>, ScanSimd512Single>(complex, isBPerStep, isCPerStep),
            (true, false) => Create<float, Vector256<float>, ScanSimd256Single>(complex, isBPerStep, isCPerStep),
            (false, true) => Create<double, Vector512<double>, ScanSimd512Double>(complex, isBPerStep, isCPerStep),
            (false, false) => Create<double, Vector256<double>, ScanSimd256Double>(complex, isBPerStep, isCPerStep),
        });

    private static ScanKernel<T> Create<T, V, TSimd>(bool complex, bool isBPerStep, bool isCPerStep)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V> => (isBPerStep, isCPerStep) switch
        {
            (true, true) => Create<T, V, TSimd, PerStep, PerStep>(complex),
            (true, false) => Create<T, V, TSimd, PerStep, PerChannel>(complex),
            (false, true) => Create<T, V, TSimd, PerChannel, PerStep>(complex),
            (false, false) => Create<T, V, TSimd, PerChannel, PerChannel>(complex),
        };

    private static ScanKernel<T> Create<T, V, TSimd, TB, TC>(bool complex)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : struct
        where TSimd : struct, IScanSimd<T, V>
        where TB : struct, IScanCoefficient
        where TC : struct, IScanCoefficient => complex ? new ComplexScanKernel<T, V, TSimd, TB, TC>() : new RealScanKernel<T, V, TSimd, TB, TC>();
}
