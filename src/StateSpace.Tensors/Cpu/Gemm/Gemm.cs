using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// Matrix multiply on the CPU: C = op(A)·op(B), or C += op(A)·op(B), for float and double, row-major, on raw memory. See the
/// README beside this file for the scheme.
/// </summary>
/// <remarks>
/// Deterministic: how the work is cut and which kernel runs depend on the shape, the strides and the processor's instruction
/// set, never on the number of threads, and each element is summed in one fixed order. C must not overlap A or B.
/// </remarks>
internal static unsafe class Gemm
{
    /// <summary>
    /// Up to this many rows (or columns), dot products of unpacked lines are faster than packing the other operand for so little
    /// use, provided that they are long against their number: each ends with a sum across a vector.
    /// </summary>
    private const int MostFewRows = 32;

    private const int DepthPerFewRow = 24;

    /// <summary>The same where the lines lie side by side: a row's results must stay in L1, and pay for the pass over them.</summary>
    private const int MostFewRowsAcross = 8;

    private const int LinesPerFewRowAcross = 32;

    /// <summary>Operations from which a matrix of a batch is cut into tasks itself; below, each task takes whole matrices.</summary>
    private const double FlopsToCut = 64e6;

    /// <summary>Operations worth a task of a batch: some 10 µs.</summary>
    private const double FlopsPerTask = 1e6;

    /// <summary>C = op(A)·op(B), or C += op(A)·op(B).</summary>
    /// <param name="transposeA">Whether A is stored as (k, m) instead of (m, k).</param>
    /// <param name="transposeB">Whether B is stored as (n, k) instead of (k, n).</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Products per element; with 0, C becomes zero, or stays as it is when accumulating.</param>
    /// <param name="a">A, row-major.</param>
    /// <param name="lda">Elements from one stored row of A to the next.</param>
    /// <param name="b">B, row-major.</param>
    /// <param name="ldb">Elements from one stored row of B to the next.</param>
    /// <param name="c">C, (m, n), row-major; only written unless accumulating.</param>
    /// <param name="ldc">Elements from one row of C to the next.</param>
    /// <param name="accumulate">Whether the product is added to C.</param>
    /// <exception cref="ArgumentException">A size is negative, or a row stride is shorter than a row.</exception>
    /// <exception cref="NotSupportedException">T is neither float nor double.</exception>
    public static void Multiply<T>(
        bool transposeA, bool transposeB, int m, int n, int k, T* a, long lda, T* b, long ldb, T* c, long ldc, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        Validate<T>(transposeA, transposeB, m, n, k, lda, ldb, ldc);
        Run(new GemmProblem<T>
        {
            TransposeA = transposeA,
            TransposeB = transposeB,
            M = m,
            N = n,
            K = k,
            A = a,
            Lda = (nint)lda,
            B = b,
            Ldb = (nint)ldb,
            C = c,
            Ldc = (nint)ldc,
            Accumulate = accumulate,
        });
    }

    /// <summary>
    /// <paramref name="batch"/> multiplies of the same shape, as <see cref="Multiply"/>: matrix i of an operand starts at i times
    /// its stride. A stride of 0 uses one A or B for the whole batch; the matrices of C must not overlap.
    /// </summary>
    /// <exception cref="ArgumentException">As for <see cref="Multiply"/>, or the batch is negative.</exception>
    /// <exception cref="NotSupportedException">T is neither float nor double.</exception>
    public static void MultiplyBatched<T>(
        bool transposeA, bool transposeB, int batch, int m, int n, int k,
        T* a, long lda, long strideA, T* b, long ldb, long strideB, T* c, long ldc, long strideC, bool accumulate)
        where T : unmanaged, INumberBase<T>
    {
        if (batch < 0) throw new ArgumentException($"Gemm: the batch is {batch}; it must not be negative", nameof(batch));
        Validate<T>(transposeA, transposeB, m, n, k, lda, ldb, ldc);
        var work = new Batch<T>
        {
            First = new GemmProblem<T>
            {
                TransposeA = transposeA,
                TransposeB = transposeB,
                M = m,
                N = n,
                K = k,
                A = a,
                Lda = (nint)lda,
                B = b,
                Ldb = (nint)ldb,
                C = c,
                Ldc = (nint)ldc,
                Accumulate = accumulate,
            },
            StrideA = (nint)strideA,
            StrideB = (nint)strideB,
            StrideC = (nint)strideC,
            Count = batch,
        };
        if (work.First.Flops >= FlopsToCut)
        {
            for (var i = 0; i < batch; i++) Run(work.At(i));
            return;
        }

        work.PerTask = (int)Math.Clamp(FlopsPerTask / Math.Max(1, work.First.Flops), 1, Math.Max(1, batch));
        CpuTeam.For((batch + work.PerTask - 1) / work.PerTask, &RunSome<T>, &work);
    }

    private static void RunSome<T>(int task, void* state)
        where T : unmanaged, INumberBase<T>
    {
        ref var work = ref *(Batch<T>*)state;
        var end = Math.Min(work.Count, (task + 1) * work.PerTask);
        for (var i = task * work.PerTask; i < end; i++) Run(work.At(i));
    }

    private static void Run<T>(in GemmProblem<T> problem)
        where T : unmanaged, INumberBase<T>
    {
        if (problem.M == 0 || problem.N == 0) return;
        if (problem.K == 0)
        {
            if (!problem.Accumulate) Clear(problem);
        }
        else if (TryFewRows(problem, out var few))
        {
            if (Avx512F.IsSupported) GemmFewRows<T, Vector512<T>, Simd512<T>, PlainElement<T, Vector512<T>, Simd512<T>>>.Multiply(few);
            else GemmFewRows<T, Vector256<T>, Simd256<T>, PlainElement<T, Vector256<T>, Simd256<T>>>.Multiply(few);
        }
        else if (TryFewRowsAcross(problem, out var across))
        {
            if (Avx512F.IsSupported) GemmFewRowsAcross<T, Vector512<T>, Simd512<T>>.Multiply(across);
            else GemmFewRowsAcross<T, Vector256<T>, Simd256<T>>.Multiply(across);
        }
        else if (Avx512F.IsSupported)
        {
            GemmBlocked<T, Tile512<T>>.Multiply(problem);
        }
        else
        {
            GemmBlocked<T, Tile256<T>>.Multiply(problem);
        }
    }

    /// <summary>Whether one side has few lines and the other's lines are contiguous along the depth.</summary>
    private static bool TryFewRows<T>(in GemmProblem<T> problem, out FewRows<T> few)
        where T : unmanaged
    {
        few = new FewRows<T> { Depth = problem.K, C = problem.C, Accumulate = problem.Accumulate };
        var most = Math.Min(MostFewRows, problem.K / DepthPerFewRow);
        if (problem.TransposeB && problem.M <= Math.Min(most, problem.N))
        {
            (few.RowCount, few.RowStrideOfC) = (problem.M, problem.Ldc);
            (few.LineCount, few.LineStrideOfC) = (problem.N, 1);
            few.Lines = (byte*)problem.B;
            few.LineStride = problem.Ldb * sizeof(T);
            SetRows(ref few, contiguous: !problem.TransposeA, problem.A, problem.Lda);
            return true;
        }

        if (!problem.TransposeA && problem.N <= Math.Min(most, problem.M))
        {
            (few.RowCount, few.RowStrideOfC) = (problem.N, 1);
            (few.LineCount, few.LineStrideOfC) = (problem.M, problem.Ldc);
            few.Lines = (byte*)problem.A;
            few.LineStride = problem.Lda * sizeof(T);
            SetRows(ref few, contiguous: problem.TransposeB, problem.B, problem.Ldb);
            return true;
        }

        return false;
    }

    /// <summary>Whether one side has few lines and the other's lie side by side along the depth.</summary>
    private static bool TryFewRowsAcross<T>(in GemmProblem<T> problem, out FewRowsAcross<T> few)
        where T : unmanaged
    {
        few = new FewRowsAcross<T> { Depth = problem.K, C = problem.C, Accumulate = problem.Accumulate };
        if (!problem.TransposeB && problem.M <= MostFewRowsAcross && problem.N >= LinesPerFewRowAcross * problem.M)
        {
            (few.RowCount, few.RowStrideOfC) = (problem.M, problem.Ldc);
            (few.LineCount, few.LineStrideOfC) = (problem.N, 1);
            few.Lines = problem.B;
            few.DepthStrideOfLines = problem.Ldb;
            few.Rows = problem.A;
            (few.RowStride, few.DepthStrideOfRows) = problem.TransposeA ? ((nint)1, problem.Lda) : (problem.Lda, (nint)1);
            return true;
        }

        if (problem.TransposeA && problem.N <= MostFewRowsAcross && problem.M >= LinesPerFewRowAcross * problem.N)
        {
            (few.RowCount, few.RowStrideOfC) = (problem.N, 1);
            (few.LineCount, few.LineStrideOfC) = (problem.M, problem.Ldc);
            few.Lines = problem.A;
            few.DepthStrideOfLines = problem.Lda;
            few.Rows = problem.B;
            (few.RowStride, few.DepthStrideOfRows) = problem.TransposeB ? (problem.Ldb, (nint)1) : ((nint)1, problem.Ldb);
            return true;
        }

        return false;
    }

    private static void SetRows<T>(ref FewRows<T> few, bool contiguous, T* source, nint stride)
        where T : unmanaged
    {
        few.Rows = source;
        few.RowStride = stride;
        if (contiguous) return;
        few.RowStride = few.Depth;
        few.Rows = GemmScratch.Shared<T>((long)few.RowCount * few.Depth);
        GemmPacking<T>.Transpose(source, stride, few.RowCount, few.Depth, few.Rows);
    }

    private static void Clear<T>(in GemmProblem<T> problem)
        where T : unmanaged
    {
        for (nint row = 0; row < problem.M; row++) new Span<T>(problem.AtC(row, 0), problem.N).Clear();
    }

    private static void Validate<T>(bool transposeA, bool transposeB, int m, int n, int k, long lda, long ldb, long ldc)
    {
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double)) throw new NotSupportedException($"Gemm: {typeof(T).Name} is neither float nor double");
        if (m < 0 || n < 0 || k < 0) throw new ArgumentException($"Gemm: the sizes are (m {m}, n {n}, k {k}); none may be negative");
        CheckStride("A", lda, transposeA ? m : k);
        CheckStride("B", ldb, transposeB ? k : n);
        CheckStride("C", ldc, n);
    }

    private static void CheckStride(string matrix, long stride, int columns)
    {
        if (stride < columns) throw new ArgumentException($"Gemm: a row of {matrix} has {columns} elements but its row stride is {stride}");
    }

    private struct Batch<T>
        where T : unmanaged
    {
        public GemmProblem<T> First;
        public nint StrideA;
        public nint StrideB;
        public nint StrideC;
        public int Count;
        public int PerTask;

        public readonly GemmProblem<T> At(nint index)
        {
            var problem = First;
            problem.A += index * StrideA;
            problem.B += index * StrideB;
            problem.C += index * StrideC;
            return problem;
        }
    }
}
