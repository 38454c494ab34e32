namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>One multiply: op(A) is (M, K), op(B) is (K, N), C is (M, N); all row-major with the given elements from row to row.</summary>
internal unsafe struct GemmProblem<T>
    where T : unmanaged
{
    public bool TransposeA;
    public bool TransposeB;
    public int M;
    public int N;
    public int K;
    public T* A;
    public nint Lda;
    public T* B;
    public nint Ldb;
    public T* C;
    public nint Ldc;
    public bool Accumulate;

    public readonly double Flops => 2d * M * N * K;

    /// <summary>Element (row, depth) of op(A).</summary>
    public readonly T* AtA(nint row, nint depth) => TransposeA ? A + (depth * Lda) + row : A + (row * Lda) + depth;

    /// <summary>Element (depth, column) of op(B).</summary>
    public readonly T* AtB(nint depth, nint column) => TransposeB ? B + (column * Ldb) + depth : B + (depth * Ldb) + column;

    /// <summary>Element (row, column) of C.</summary>
    public readonly T* AtC(nint row, nint column) => C + (row * Ldc) + column;
}
