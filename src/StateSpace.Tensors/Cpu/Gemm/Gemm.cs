using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

internal static unsafe class Gemm
{
    public static void Multiply<T>(
        bool transposeA, bool transposeB, int m, int n, int k, T* a, long lda, T* b, long ldb, T* c, long ldc, bool accumulate)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var problem = new GemmProblem<T>
        {
            TransposeA = transposeA, TransposeB = transposeB, M = m, N = n, K = k,
            A = a, Lda = (nint)lda, B = b, Ldb = (nint)ldb, C = c, Ldc = (nint)ldc, Accumulate = accumulate,
        };
        if (Avx512F.IsSupported) GemmBlocked<T, Tile512<T>>.Multiply(problem);
        else GemmBlocked<T, Tile256<T>>.Multiply(problem);
    }
}
