using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// Copies a block of a matrix into panels of shape (depth, width), one behind the other: in a panel, each step of the depth is a
/// contiguous row of <c>width</c> elements, which is the order in which the micro-kernel reads. Lines beyond the block are zeros.
/// </summary>
internal static unsafe class GemmPacking<T>
    where T : unmanaged
{
    /// <summary>Packs <paramref name="lines"/> lines; a line is a row of op(A) or a column of op(B).</summary>
    /// <param name="alongDepth">Whether a line is contiguous in memory (A as it is, B transposed).</param>
    /// <param name="source">First element of the block.</param>
    /// <param name="stride">Elements from one row of the stored matrix to the next.</param>
    /// <param name="lines">Lines of the block.</param>
    /// <param name="depth">Elements per line.</param>
    /// <param name="panels">
    /// Destination: ceiling(lines / width) panels of <paramref name="panelDepth"/>·width elements, from the first step to write;
    /// the last may be narrower.
    /// </param>
    /// <param name="panelDepth">Steps of the panels, of which this call writes <paramref name="depth"/>.</param>
    /// <param name="width">Lines of a panel.</param>
    /// <param name="lastWidth">Lines of the panel that takes the remaining lines, at least their number.</param>
    /// <param name="start">First step to write.</param>
    public static void Pack(
        bool alongDepth, T* source, nint stride, int lines, nint depth, T* panels, nint panelDepth, int width, int lastWidth, nint start)
    {
        var full = lines / width;
        var rest = lines - (full * width);
        var last = panels + (full * width * panelDepth) + (start * lastWidth);
        panels += start * width;
        if (alongDepth)
        {
            for (var panel = 0; panel < full; panel++)
                PackTransposed(source + (panel * width * stride), stride, width, depth, panels + (panel * width * panelDepth), width);
            if (rest > 0) PackTransposed(source + (full * width * stride), stride, rest, depth, last, lastWidth);
        }
        else
        {
            if (full > 0) PackRows(source, stride, full, width, depth, panels, panelDepth);
            if (rest > 0) PackRestOfRows(source + (full * width), stride, rest, depth, last, lastWidth);
        }
    }

    /// <summary>Copies a block whose lines are (depth, lines) in memory to rows that are contiguous along the depth.</summary>
    public static void Transpose(T* source, nint stride, int lines, int depth, T* rows)
    {
        for (var line = 0; line < lines; line++)
        {
            for (nint i = 0; i < depth; i++) rows[(line * (nint)depth) + i] = source[(i * stride) + line];
        }
    }

    /// <summary>The block is (depth, lines) in memory: each step reads one long row and deals it out to the panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackRows(T* source, nint stride, int panels, int width, nint depth, T* destination, nint panelDepth)
    {
        var bytes = width * sizeof(T);
        var panelBytes = bytes * panelDepth;
        for (nint step = 0; step < depth; step++)
        {
            var from = (byte*)(source + (step * stride));
            var to = (byte*)destination + (step * bytes);
            for (var panel = 0; panel < panels; panel++, from += bytes, to += panelBytes)
            {
                if (bytes == 128)
                {
                    Vector512.Load(from).Store(to);
                    Vector512.Load(from + 64).Store(to + 64);
                }
                else
                {
                    Copy(from, to, bytes);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackRestOfRows(T* source, nint stride, int lines, nint depth, T* panel, int width)
    {
        for (; depth > 0; depth--, source += stride, panel += width)
        {
            Copy((byte*)source, (byte*)panel, lines * sizeof(T));
            new Span<T>(panel + lines, width - lines).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* from, byte* to, int bytes)
    {
        for (; bytes >= 32; bytes -= 32, from += 32, to += 32) Vector256.Load(from).Store(to);
        if (bytes >= 16)
        {
            Vector128.Load(from).Store(to);
            bytes -= 16;
            from += 16;
            to += 16;
        }

        for (; bytes > 0; bytes -= sizeof(T), from += sizeof(T), to += sizeof(T)) *(T*)to = *(T*)from;
    }

    /// <summary>The block is (lines, depth) in memory: four lines at a time are transposed in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackTransposed(T* source, nint stride, int lines, nint depth, T* panel, int width)
    {
        // A cache line of source at a time, so that it is used up and the part of the panel being written stays in L1.
        nint step = 64 / sizeof(T);
        for (nint start = 0; start < depth; start += step)
        {
            var count = Math.Min(step, depth - start);
            var line = 0;
            if (Avx.IsSupported && count == step)
            {
                for (; line <= lines - 4; line += 4)
                {
                    TransposeFour(source + (line * stride) + start, stride, panel + (start * width) + line, width);
                }
            }

            for (; line < lines; line++)
            {
                var from = source + (line * stride) + start;
                var to = panel + (start * width) + line;
                for (nint i = 0; i < count; i++) to[i * width] = from[i];
            }

            for (; line < width; line++)
            {
                var to = panel + (start * width) + line;
                for (nint i = 0; i < count; i++) to[i * width] = default;
            }
        }
    }

    /// <summary>Four lines of 64 bytes, to 64 / sizeof(T) rows of four elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFour(T* source, nint stride, T* panel, nint width)
    {
        if (typeof(T) == typeof(float))
        {
            TransposeFloats((float*)source, stride, (float*)panel, width);
            TransposeFloats((float*)source + 8, stride, (float*)panel + (8 * width), width);
        }
        else
        {
            TransposeDoubles((double*)source, stride, (double*)panel, width);
            TransposeDoubles((double*)source + 4, stride, (double*)panel + (4 * width), width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFloats(float* source, nint stride, float* panel, nint width)
    {
        var r0 = Vector256.Load(source);
        var r1 = Vector256.Load(source + stride);
        var r2 = Vector256.Load(source + (2 * stride));
        var r3 = Vector256.Load(source + (3 * stride));
        var low01 = Avx.UnpackLow(r0, r1).AsDouble();
        var high01 = Avx.UnpackHigh(r0, r1).AsDouble();
        var low23 = Avx.UnpackLow(r2, r3).AsDouble();
        var high23 = Avx.UnpackHigh(r2, r3).AsDouble();
        var step04 = Avx.UnpackLow(low01, low23).AsSingle();
        var step15 = Avx.UnpackHigh(low01, low23).AsSingle();
        var step26 = Avx.UnpackLow(high01, high23).AsSingle();
        var step37 = Avx.UnpackHigh(high01, high23).AsSingle();
        step04.GetLower().Store(panel);
        step15.GetLower().Store(panel + width);
        step26.GetLower().Store(panel + (2 * width));
        step37.GetLower().Store(panel + (3 * width));
        panel += 4 * width;
        step04.GetUpper().Store(panel);
        step15.GetUpper().Store(panel + width);
        step26.GetUpper().Store(panel + (2 * width));
        step37.GetUpper().Store(panel + (3 * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeDoubles(double* source, nint stride, double* panel, nint width)
    {
        var r0 = Vector256.Load(source);
        var r1 = Vector256.Load(source + stride);
        var r2 = Vector256.Load(source + (2 * stride));
        var r3 = Vector256.Load(source + (3 * stride));
        var low01 = Avx.UnpackLow(r0, r1);
        var high01 = Avx.UnpackHigh(r0, r1);
        var low23 = Avx.UnpackLow(r2, r3);
        var high23 = Avx.UnpackHigh(r2, r3);
        Avx.Permute2x128(low01, low23, 0x20).Store(panel);
        Avx.Permute2x128(high01, high23, 0x20).Store(panel + width);
        Avx.Permute2x128(low01, low23, 0x31).Store(panel + (2 * width));
        Avx.Permute2x128(high01, high23, 0x31).Store(panel + (3 * width));
    }
}
