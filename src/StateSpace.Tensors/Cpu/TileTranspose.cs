using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu;

/// <summary>Transposes a strip of a matrix in registers, 8 × 8 elements of 4 bytes or 4 × 4 of 8 bytes at a time.</summary>
internal static unsafe class TileTranspose
{
    /// <summary>Columns of a strip, and rows that are handled before the next columns: few enough pages for the processor's address cache.</summary>
    public const int Strip = 64;

    /// <summary>Rows and columns that are handled together: the cache lines that they touch are read and written whole.</summary>
    private const int Line = 16;

    /// <summary>target[i, j] = source[j, i] for i &lt; <paramref name="width"/> ≤ <see cref="Strip"/> and j &lt; <paramref name="length"/>.</summary>
    public static void Run<T>(T* source, long sourceStride, T* target, long targetStride, int width, long length)
        where T : unmanaged
    {
        var whole = Avx.IsSupported ? length / Line * Line : 0;
        var wholeWidth = width / Line * Line;
        for (long block = 0; block < whole; block += Strip)
        {
            var end = Math.Min(whole, block + Strip);
            for (var i = 0; i < wholeWidth; i += Line)
            {
                for (var j = block; j < end; j += Line) Lines(source + (j * sourceStride) + i, sourceStride, target + (i * targetStride) + j, targetStride);
            }
        }

        Elements(source + wholeWidth, sourceStride, target + (wholeWidth * targetStride), targetStride, width - wholeWidth, whole);
        Elements(source + (whole * sourceStride), sourceStride, target + whole, targetStride, width, length - whole);
    }

    private static void Lines<T>(T* source, long sourceStride, T* target, long targetStride)
        where T : unmanaged
    {
        var tile = 32 / sizeof(T);
        for (var i = 0; i < Line; i += tile)
        {
            for (var j = 0; j < Line; j += tile)
            {
                T* from = source + (j * sourceStride) + i, to = target + (i * targetStride) + j;
                if (sizeof(T) == 4) Tile((float*)from, sourceStride, (float*)to, targetStride);
                else Tile((double*)from, sourceStride, (double*)to, targetStride);
            }
        }
    }

    private static void Elements<T>(T* source, long sourceStride, T* target, long targetStride, int width, long length)
        where T : unmanaged
    {
        for (long j = 0; j < length; j++)
        {
            for (var i = 0; i < width; i++) target[(i * targetStride) + j] = source[(j * sourceStride) + i];
        }
    }

    private static void Tile(float* source, long sourceStride, float* target, long targetStride)
    {
        // Pairs of rows interleave, then pairs of pairs: each 128-bit half then holds four elements of one column.
        for (var half = 0; half < 2; half++)
        {
            var from = source + (4 * half);
            Vector256<float> a = Halves(from, 0, sourceStride), b = Halves(from, 1, sourceStride);
            Vector256<float> c = Halves(from, 2, sourceStride), d = Halves(from, 3, sourceStride);
            Vector256<float> abLow = Avx.UnpackLow(a, b), abHigh = Avx.UnpackHigh(a, b), cdLow = Avx.UnpackLow(c, d), cdHigh = Avx.UnpackHigh(c, d);
            var to = target + (4 * half * targetStride);
            Avx.Shuffle(abLow, cdLow, 0b01_00_01_00).Store(to);
            Avx.Shuffle(abLow, cdLow, 0b11_10_11_10).Store(to + targetStride);
            Avx.Shuffle(abHigh, cdHigh, 0b01_00_01_00).Store(to + (2 * targetStride));
            Avx.Shuffle(abHigh, cdHigh, 0b11_10_11_10).Store(to + (3 * targetStride));
        }
    }

    /// <summary>Four elements of a row, and below them of the fourth row after it.</summary>
    private static Vector256<float> Halves(float* source, int row, long stride) =>
        Vector256.Create(Vector128.Load(source + (row * stride)), Vector128.Load(source + ((row + 4) * stride)));

    private static void Tile(double* source, long sourceStride, double* target, long targetStride)
    {
        for (var half = 0; half < 2; half++)
        {
            var from = source + (2 * half);
            Vector256<double> a = Halves(from, 0, sourceStride), b = Halves(from, 1, sourceStride);
            var to = target + (2 * half * targetStride);
            Avx.UnpackLow(a, b).Store(to);
            Avx.UnpackHigh(a, b).Store(to + targetStride);
        }
    }

    /// <summary>Two elements of a row, and below them of the second row after it.</summary>
    private static Vector256<double> Halves(double* source, int row, long stride) =>
        Vector256.Create(Vector128.Load(source + (row * stride)), Vector128.Load(source + ((row + 2) * stride)));
}
