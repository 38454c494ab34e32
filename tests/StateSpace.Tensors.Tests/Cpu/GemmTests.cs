using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Tests.Cpu;

/// <summary>The multiply against a plain triple loop in double, element by element.</summary>
/// <remarks>
/// The error of a sum of k products is bounded by (k + 1)·ε·Σ|a·b|: that is the tolerance. Memory around the matrices is NaN, and so
/// is C before a multiply that does not accumulate: a kernel that reads what it should not shows it.
/// </remarks>
[Collection("CpuTeam")]
public sealed unsafe class GemmTests
{
    private static readonly int[] OddSizes = [1, 2, 3, 15, 17, 63, 65, 255, 257];

    public static TheoryData<bool, bool, bool> Transposes()
    {
        var data = new TheoryData<bool, bool, bool>();
        foreach (var transposeA in new[] { false, true })
        {
            foreach (var transposeB in new[] { false, true })
            {
                foreach (var accumulate in new[] { false, true }) data.Add(transposeA, transposeB, accumulate);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Transposes))]
    public void Float_product_equals_the_triple_loop_at_odd_sizes(bool transposeA, bool transposeB, bool accumulate)
    {
        foreach (var (m, n, k) in OddShapes()) Check<float>(new(transposeA, transposeB, m, n, k, accumulate, Padding: 3));
    }

    [Theory]
    [MemberData(nameof(Transposes))]
    public void Double_product_equals_the_triple_loop_at_odd_sizes(bool transposeA, bool transposeB, bool accumulate)
    {
        foreach (var (m, n, k) in OddShapes()) Check<double>(new(transposeA, transposeB, m, n, k, accumulate, Padding: 5));
    }

    [Theory]
    [MemberData(nameof(Transposes))]
    public void Sizes_around_the_tile_and_the_chunk_of_the_depth_leave_no_edge_out(bool transposeA, bool transposeB, bool accumulate)
    {
        foreach (var m in new[] { 11, 12, 13, 24, 25, 48 })
        {
            foreach (var n in new[] { 16, 31, 32, 33, 48, 80 })
                Check<float>(new(transposeA, transposeB, m, n, 40, accumulate, Padding: 0));
        }

        foreach (var k in new[] { 383, 384, 385, 769 }) Check<float>(new(transposeA, transposeB, 37, 41, k, accumulate, Padding: 1));
    }

    [Theory]
    [InlineData(false, false, 128, 80, 1536)]
    [InlineData(false, true, 128, 80, 1536)]
    [InlineData(true, false, 200, 48, 700)]
    [InlineData(false, false, 40, 700, 1024)]
    [InlineData(false, true, 300, 300, 400)]
    [InlineData(true, false, 530, 260, 300)]
    [InlineData(false, false, 1100, 40, 1024)]
    [InlineData(false, false, 60, 1100, 90)]
    [InlineData(true, true, 260, 1100, 70)]
    [InlineData(false, true, 7, 1030, 300)]
    [InlineData(false, false, 1030, 5, 300)]
    [InlineData(true, false, 7, 1030, 101)]
    [InlineData(true, false, 1030, 5, 102)]
    [InlineData(true, true, 1030, 2, 103)]
    public void Shapes_that_share_panels_between_tasks_and_passes_are_exact(bool transposeA, bool transposeB, int m, int n, int k)
    {
        Check<float>(new(transposeA, transposeB, m, n, k, Accumulate: true, Padding: 0));
        Check<double>(new(transposeA, transposeB, m, n, k, Accumulate: false, Padding: 2));
    }

    [Fact]
    public void A_depth_beyond_one_pass_continues_the_sum()
    {
        Check<float>(new(TransposeA: false, TransposeB: false, 70, 300, 2500, Accumulate: true, Padding: 0));
        Check<double>(new(TransposeA: true, TransposeB: false, 300, 230, 2000, Accumulate: false, Padding: 0));
    }

    [Fact]
    public void Row_strides_that_collide_in_the_first_level_cache_change_nothing()
    {
        Check<float>(new(TransposeA: false, TransposeB: true, 50, 90, 1020, Accumulate: false, Padding: 4));
        Check<float>(new(TransposeA: false, TransposeB: false, 200, 60, 2044, Accumulate: true, Padding: 4));
    }

    [Fact]
    public void Scratch_memory_full_of_NaN_changes_nothing()
    {
        WithThreads(1, () =>
        {
            const int Count = 1 << 20;
            foreach (var (m, n, k) in new[] { (13, 17, 5), (65, 63, 257), (130, 300, 270), (300, 45, 500), (7, 65, 300), (290, 290, 290) })
            {
                foreach (var transpose in new[] { false, true })
                {
                    new Span<float>(GemmScratch.Shared<float>(Count), Count).Fill(float.NaN);
                    new Span<float>(GemmScratch.Private<float>(Count), Count).Fill(float.NaN);
                    Check<float>(new(transpose, transpose, m, n, k, Accumulate: transpose, Padding: 1));
                }
            }
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_depth_the_product_is_zero_and_accumulating_keeps_C(bool accumulate)
    {
        using var c = new Matrix<float>(3, 5, 7, 1);
        var before = c.Values();
        Gemm.Multiply<float>(false, false, 3, 5, 0, null, 0, null, 5, c.Pointer, c.Stride, accumulate);
        Assert.Equal(accumulate ? before : new float[15], c.Values());
        c.AssertFrameIsUntouched();
    }

    [Fact]
    public void An_empty_product_writes_nothing()
    {
        using var c = new Matrix<double>(3, 5, 5, 1);
        var before = c.Values();
        Gemm.Multiply<double>(false, false, 0, 5, 4, null, 4, null, 5, c.Pointer, 5, false);
        Gemm.Multiply<double>(false, true, 3, 0, 4, null, 4, null, 4, c.Pointer, 5, false);
        Gemm.MultiplyBatched<double>(false, false, 0, 3, 5, 4, null, 4, 0, null, 5, 0, c.Pointer, 5, 0, false);
        Assert.Equal(before, c.Values());
    }

    [Theory]
    [InlineData(1, 64, 40, 30, 20)]
    [InlineData(7, 1, 17, 19, 23)]
    [InlineData(5, 3, 65, 2, 300)]
    [InlineData(3, 2, 129, 130, 131)]
    [InlineData(2, 4, 330, 320, 310)]
    public void A_batch_equals_one_multiply_per_matrix(int batch, int threads, int m, int n, int k)
    {
        foreach (var transposeB in new[] { false, true })
        {
            var (strideA, strideB, strideC) = ((long)m * k, (long)k * n, ((long)m * n) + 3);
            using var a = new Matrix<float>(batch, m * k, m * k, 1);
            using var b = new Matrix<float>(batch, k * n, k * n, 2);
            using var expected = new Matrix<float>(batch, (int)strideC, (int)strideC, 3);
            using var actual = new Matrix<float>(batch, (int)strideC, (int)strideC, 3);
            var ldb = transposeB ? k : n;
            for (var i = 0; i < batch; i++)
            {
                Gemm.Multiply(
                    false, transposeB, m, n, k, a.Pointer + (i * strideA), k, b.Pointer + (i * strideB), ldb,
                    expected.Pointer + (i * strideC), n, accumulate: true);
            }

            WithThreads(threads, () => Gemm.MultiplyBatched(
                false, transposeB, batch, m, n, k, a.Pointer, k, strideA, b.Pointer, ldb, strideB, actual.Pointer, n, strideC, accumulate: true));
            Assert.Equal(expected.Values(), actual.Values());
        }
    }

    [Fact]
    public void A_batch_may_share_one_matrix()
    {
        using var a = new Matrix<double>(4, 15 * 17, 15 * 17, 1);
        using var b = new Matrix<double>(17, 21, 21, 2);
        using var c = new Matrix<double>(4, 15 * 21, 15 * 21, 3);
        Gemm.MultiplyBatched(false, false, 4, 15, 21, 17, a.Pointer, 17, 15 * 17, b.Pointer, 21, 0, c.Pointer, 21, 15 * 21, accumulate: false);
        for (var i = 0; i < 4; i++)
        {
            using var expected = new Matrix<double>(15, 21, 21, 4);
            Gemm.Multiply(false, false, 15, 21, 17, a.Pointer + (i * 15 * 17), 17, b.Pointer, 21, expected.Pointer, 21, accumulate: false);
            Assert.Equal(expected.Values(), c.Values().AsSpan(i * 15 * 21, 15 * 21).ToArray());
        }
    }

    [Theory]
    [InlineData(false, false, 257, 255, 129)]
    [InlineData(false, true, 128, 800, 770)]
    [InlineData(true, false, 700, 48, 300)]
    [InlineData(true, true, 300, 530, 65)]
    [InlineData(false, false, 513, 511, 800)]
    [InlineData(false, true, 8, 3000, 768)]
    [InlineData(false, false, 2000, 3, 400)]
    [InlineData(false, false, 5, 3000, 130)]
    [InlineData(true, true, 1500, 7, 131)]
    [InlineData(false, false, 40, 1500, 500)]
    public void The_bits_do_not_depend_on_the_number_of_threads(bool transposeA, bool transposeB, int m, int n, int k)
    {
        Assert.Equal(Product<float>(1), Product<float>(2));
        Assert.Equal(Product<float>(1), Product<float>(3));
        Assert.Equal(Product<double>(1), Product<double>(3));

        T[] Product<T>(int threads)
            where T : unmanaged, INumberBase<T>
        {
            var shape = new Shape(transposeA, transposeB, m, n, k, Accumulate: true, Padding: 1);
            using var a = shape.A<T>();
            using var b = shape.B<T>();
            using var c = shape.C<T>();
            WithThreads(threads, () => Multiply(shape, a, b, c));
            return c.Values();
        }
    }

    [Fact]
    public void A_multiply_inside_a_loop_of_the_team_gives_the_same_bits()
    {
        var shape = new Shape(TransposeA: false, TransposeB: false, 300, 280, 400, Accumulate: false, Padding: 0);
        using var a = shape.A<float>();
        using var b = shape.B<float>();
        using var outside = shape.C<float>();
        Multiply(shape, a, b, outside);
        WithThreads(3, () => CpuTeam.For(4, _ =>
        {
            using var inside = shape.C<float>();
            Multiply(shape, a, b, inside);
            Assert.Equal(outside.Values(), inside.Values());
        }));
    }

    [Fact]
    public void A_warm_multiply_allocates_nothing()
    {
        var shape = new Shape(TransposeA: true, TransposeB: true, 260, 300, 400, Accumulate: false, Padding: 0);
        using var a = shape.A<float>();
        using var b = shape.B<float>();
        using var c = shape.C<float>();
        for (var i = 0; i < 3; i++) Multiply(shape, a, b, c);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++) Multiply(shape, a, b, c);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Every_tile_and_every_vector_width_agrees_with_the_triple_loop()
    {
        foreach (var (m, n, k) in new[] { (1, 1, 1), (5, 7, 3), (37, 45, 51), (50, 90, 300), (257, 130, 65), (300, 300, 300) })
        {
            foreach (var transposeB in new[] { false, true })
            {
                var shape = new Shape(TransposeA: !transposeB, transposeB, m, n, k, Accumulate: true, Padding: 1);
                CheckTile<float, Tile256<float>>(shape);
                CheckTile<double, Tile256<double>>(shape);
                if (!Avx512F.IsSupported) continue;
                CheckTile<float, Tile512<float>>(shape);
                CheckTile<double, Tile512<double>>(shape);
            }

            CheckFewRows<float>(m, n, k);
            CheckFewRows<double>(m, n, k);
            CheckFewRowsAcross<float>(m, n, k);
            CheckFewRowsAcross<double>(m, n, k);
        }
    }

    [Fact]
    public void Wrong_sizes_are_named()
    {
        var negative = Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(false, false, -1, 2, 3, null, 3, null, 2, null, 2, false));
        Assert.Contains("m -1, n 2, k 3", negative.Message, StringComparison.Ordinal);
        var stride = Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(true, false, 4, 2, 3, null, 3, null, 2, null, 2, false));
        Assert.Contains("a row of A has 4 elements but its row stride is 3", stride.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => Gemm.Multiply<Half>(false, false, 1, 1, 1, null, 1, null, 1, null, 1, false));
    }

    private static IEnumerable<(int M, int N, int K)> OddShapes()
    {
        foreach (var m in OddSizes)
        {
            foreach (var n in OddSizes) yield return (m, n, OddSizes[(m + (3 * n)) % OddSizes.Length]);
        }

        foreach (var k in OddSizes) yield return (33, 18, k);
    }

    private static void Check<T>(Shape shape)
        where T : unmanaged, INumberBase<T> =>
        Check<T>(shape, (a, b, c) => Multiply(shape, a, b, c));

    private static void CheckTile<T, TTile>(Shape shape)
        where T : unmanaged, INumberBase<T>
        where TTile : ITile<T> =>
        Check<T>(shape, (a, b, c) => GemmBlocked<T, TTile>.Multiply(new GemmProblem<T>
        {
            TransposeA = shape.TransposeA,
            TransposeB = shape.TransposeB,
            M = shape.M,
            N = shape.N,
            K = shape.K,
            A = a.Pointer,
            Lda = a.Stride,
            B = b.Pointer,
            Ldb = b.Stride,
            C = c.Pointer,
            Ldc = c.Stride,
            Accumulate = shape.Accumulate,
        }));

    private static void CheckFewRows<T>(int m, int n, int k)
        where T : unmanaged, INumberBase<T> =>
        Check<T>(new Shape(TransposeA: false, TransposeB: true, m, n, k, Accumulate: true, Padding: 1), (a, b, c) =>
            GemmFewRows<T, Vector256<T>, Simd256<T>, PlainElement<T, Vector256<T>, Simd256<T>>>.Multiply(new FewRows<T>
            {
                RowCount = m,
                Rows = a.Pointer,
                RowStride = a.Stride,
                LineCount = n,
                Lines = (byte*)b.Pointer,
                LineStride = b.Stride * sizeof(T),
                Depth = k,
                C = c.Pointer,
                RowStrideOfC = c.Stride,
                LineStrideOfC = 1,
                Accumulate = true,
            }));

    private static void CheckFewRowsAcross<T>(int m, int n, int k)
        where T : unmanaged, INumberBase<T> =>
        Check<T>(new Shape(TransposeA: true, TransposeB: false, m, n, k, Accumulate: true, Padding: 1), (a, b, c) =>
            GemmFewRowsAcross<T, Vector256<T>, Simd256<T>>.Multiply(new FewRowsAcross<T>
            {
                RowCount = m,
                Rows = a.Pointer,
                RowStride = 1,
                DepthStrideOfRows = a.Stride,
                LineCount = n,
                Lines = b.Pointer,
                DepthStrideOfLines = b.Stride,
                Depth = k,
                C = c.Pointer,
                RowStrideOfC = c.Stride,
                LineStrideOfC = 1,
                Accumulate = true,
            }));

    private static void Check<T>(Shape shape, Action<Matrix<T>, Matrix<T>, Matrix<T>> multiply)
        where T : unmanaged, INumberBase<T>
    {
        using var a = shape.A<T>();
        using var b = shape.B<T>();
        using var c = shape.C<T>();
        var before = c.Values();
        if (!shape.Accumulate) c.Fill(T.CreateTruncating(double.NaN));
        multiply(a, b, c);

        // Rows of op(A) and columns of op(B) in double, contiguous, so that the plain loop is quick enough for many shapes.
        var left = new double[shape.M * shape.K];
        var right = new double[shape.N * shape.K];
        for (var i = 0; i < shape.K; i++)
        {
            for (var row = 0; row < shape.M; row++) left[(row * shape.K) + i] = double.CreateTruncating(shape.TransposeA ? a[i, row] : a[row, i]);
            for (var column = 0; column < shape.N; column++) right[(column * shape.K) + i] = double.CreateTruncating(shape.TransposeB ? b[column, i] : b[i, column]);
        }

        var epsilon = typeof(T) == typeof(float) ? Math.ScaleB(1, -24) : Math.ScaleB(1, -53);
        var actual = c.Values();
        for (var row = 0; row < shape.M; row++)
        {
            for (var column = 0; column < shape.N; column++)
            {
                var start = shape.Accumulate ? double.CreateTruncating(before[(row * shape.N) + column]) : 0;
                var (sum, magnitude) = (start, Math.Abs(start));
                var x = left.AsSpan(row * shape.K, shape.K);
                var y = right.AsSpan(column * shape.K, shape.K);
                for (var i = 0; i < x.Length; i++)
                {
                    sum += x[i] * y[i];
                    magnitude += Math.Abs(x[i] * y[i]);
                }

                var error = Math.Abs(double.CreateTruncating(actual[(row * shape.N) + column]) - sum);
                // Twice, because the triple loop in double rounds as well.
                if (!(error <= 2 * (shape.K + 1) * epsilon * magnitude)) Assert.Fail($"{shape}: element ({row}, {column}) is off by {error}");
            }
        }

        c.AssertFrameIsUntouched();
    }

    private static void Multiply<T>(Shape shape, Matrix<T> a, Matrix<T> b, Matrix<T> c)
        where T : unmanaged, INumberBase<T> =>
        Gemm.Multiply(
            shape.TransposeA, shape.TransposeB, shape.M, shape.N, shape.K, a.Pointer, a.Stride, b.Pointer, b.Stride, c.Pointer, c.Stride, shape.Accumulate);

    private static void WithThreads(int threads, Action action)
    {
        var before = CpuTeam.Threads;
        try
        {
            CpuTeam.Threads = threads;
            action();
        }
        finally
        {
            CpuTeam.Threads = before;
        }
    }

    private sealed record Shape(bool TransposeA, bool TransposeB, int M, int N, int K, bool Accumulate, int Padding)
    {
        public Matrix<T> A<T>()
            where T : unmanaged, INumberBase<T> => TransposeA ? new(K, M, M + Padding, 1) : new(M, K, K + Padding, 1);

        public Matrix<T> B<T>()
            where T : unmanaged, INumberBase<T> => TransposeB ? new(N, K, K + Padding, 2) : new(K, N, N + Padding, 2);

        public Matrix<T> C<T>()
            where T : unmanaged, INumberBase<T> => new(M, N, N + Padding, 3);
    }

    /// <summary>A row-major matrix of random numbers in a frame of NaN: between its rows, before and behind it.</summary>
    private sealed class Matrix<T> : IDisposable
        where T : unmanaged, INumberBase<T>
    {
        private const int Margin = 19;

        private readonly int _rows;
        private readonly int _columns;
        private readonly T* _memory;
        private readonly int _length;

        public Matrix(int rows, int columns, int stride, int seed)
        {
            (_rows, _columns, Stride) = (rows, columns, stride);
            _length = (2 * Margin) + (rows * stride);
            _memory = (T*)NativeMemory.Alloc((nuint)_length, (nuint)sizeof(T));
            new Span<T>(_memory, _length).Fill(T.CreateTruncating(double.NaN));
            var random = new Random(seed);
            for (var row = 0; row < rows; row++)
            {
                for (var column = 0; column < columns; column++) Pointer[(row * stride) + column] = T.CreateTruncating(random.NextDouble() - 0.5);
            }
        }

        public int Stride { get; }

        public T* Pointer => _memory + Margin;

        public T this[int row, int column] => Pointer[(row * Stride) + column];

        public void Fill(T value)
        {
            for (var row = 0; row < _rows; row++) new Span<T>(Pointer + (row * Stride), _columns).Fill(value);
        }

        public T[] Values()
        {
            var values = new T[_rows * _columns];
            for (var row = 0; row < _rows; row++) new Span<T>(Pointer + (row * Stride), _columns).CopyTo(values.AsSpan(row * _columns));
            return values;
        }

        public void AssertFrameIsUntouched()
        {
            for (var i = 0; i < _length; i++)
            {
                var (row, column) = Math.DivRem(i - Margin, Math.Max(1, Stride));
                var inside = i >= Margin && row < _rows && column < _columns;
                if (!inside && !T.IsNaN(_memory[i])) Assert.Fail($"the frame was written at {i - Margin}");
            }
        }

        public void Dispose() => NativeMemory.Free(_memory);
    }
}
