using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Operations.SelectiveScan;

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
