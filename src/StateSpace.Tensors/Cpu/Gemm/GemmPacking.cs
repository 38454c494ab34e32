using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StateSpace.Tensors.Cpu.Gemm;

/// <summary>
/// Copies a block of a matrix into panels of shape (depth, width), one behind the other: in a panel, each step of the depth is a
/// contiguous row of <c>width</c> elements, which is the order in which the micro-kernel reads. Lines beyond the
/// block hold numbers that nothing uses.
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

    /// <summary>
    /// The block is (depth, lines) in memory: rows are dealt out to the panels, some steps at a time, so that as many rows are read
    /// from end to end and what a panel receives is contiguous.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackRows(T* source, nint stride, int panels, int width, nint depth, T* destination, nint panelDepth)
    {
        const int StepsAtOnce = 8;
        var bytes = width * sizeof(T);
        for (nint start = 0; start < depth; start += StepsAtOnce)
        {
            var steps = Math.Min(StepsAtOnce, depth - start);
            for (var panel = 0; panel < panels; panel++)
            {
                var from = (byte*)(source + (start * stride) + (panel * width));
                var to = (byte*)(destination + (((panel * panelDepth) + start) * width));
                for (var step = steps; step > 0; step--, from += stride * sizeof(T), to += bytes) Copy(from, to, bytes);
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
        for (; bytes >= 64; bytes -= 64, from += 64, to += 64) Vector512.Load(from).Store(to);
        if (bytes >= 32)
        {
            Vector256.Load(from).Store(to);
            bytes -= 32;
            from += 32;
            to += 32;
        }

        if (bytes >= 16)
        {
            Vector128.Load(from).Store(to);
            bytes -= 16;
            from += 16;
            to += 16;
        }

        for (; bytes > 0; bytes -= sizeof(T), from += sizeof(T), to += sizeof(T)) *(T*)to = *(T*)from;
    }

    /// <summary>The block is (lines, depth) in memory: groups of lines, read from end to end, are transposed in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackTransposed(T* source, nint stride, int lines, nint depth, T* panel, int width)
    {
        var line = 0;
        if (Avx512F.IsSupported)
        {
            var lane = 16 / sizeof(T);
            for (; line <= lines - (4 * lane); line += 4 * lane) TransposeLanes(source + (line * stride), stride, 4, depth, panel + line, width);
            if (line <= lines - (3 * lane))
            {
                TransposeLanes(source + (line * stride), stride, 3, depth, panel + line, width);
                line += 3 * lane;
            }
        }

        if (Avx.IsSupported)
        {
            for (; line <= lines - 4; line += 4) TransposeFour(source + (line * stride), stride, depth, panel + line, width);
        }

        for (; line < width; line++)
        {
            // A line beyond the block repeats the last one: its products are computed and not used.
            TransposeOne(source + (Math.Min(line, lines - 1) * stride), depth, panel + line, width);
        }
    }

    private static void TransposeOne(T* source, nint depth, T* panel, nint width)
    {
        for (nint i = 0; i < depth; i++, panel += width) *panel = source[i];
    }

    /// <summary>
    /// Three or four lanes of 128 bits: lane l holds the elements of 4 (float) or 2 (double) lines from 4·l or 2·l on. Loading lane by
    /// lane leaves a transpose within lanes, which needs fewer shuffles than one across a whole register.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeLanes(T* source, nint stride, [ConstantExpected] int lanes, nint depth, T* panel, nint width)
    {
        nint i = 0;
        if (typeof(T) == typeof(float))
        {
            var s1 = (float*)source + stride;
            var s2 = s1 + stride;
            var s3 = s2 + stride;
            var to = (float*)panel;
            for (; i <= depth - 4; i += 4, to += 4 * width)
            {
                var r0 = LoadLanes((float*)source + i, 4 * stride, lanes);
                var r1 = LoadLanes(s1 + i, 4 * stride, lanes);
                var r2 = LoadLanes(s2 + i, 4 * stride, lanes);
                var r3 = LoadLanes(s3 + i, 4 * stride, lanes);
                var low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
                var high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
                var low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
                var high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
                StoreLanes(Avx512F.UnpackLow(low01, low23).AsSingle(), to, lanes);
                StoreLanes(Avx512F.UnpackHigh(low01, low23).AsSingle(), to + width, lanes);
                StoreLanes(Avx512F.UnpackLow(high01, high23).AsSingle(), to + (2 * width), lanes);
                StoreLanes(Avx512F.UnpackHigh(high01, high23).AsSingle(), to + (3 * width), lanes);
            }
        }
        else
        {
            var s1 = (double*)source + stride;
            var to = (double*)panel;
            for (; i <= depth - 2; i += 2, to += 2 * width)
            {
                var r0 = LoadLanes((double*)source + i, 2 * stride, lanes);
                var r1 = LoadLanes(s1 + i, 2 * stride, lanes);
                StoreLanes(Avx512F.UnpackLow(r0, r1), to, lanes);
                StoreLanes(Avx512F.UnpackHigh(r0, r1), to + width, lanes);
            }
        }

        for (; i < depth; i++)
        {
            for (var line = 0; line < lanes * (16 / sizeof(T)); line++) panel[(i * width) + line] = source[(line * stride) + i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<E> LoadLanes<E>(E* source, nint laneStride, [ConstantExpected] int lanes)
        where E : unmanaged
    {
        var result = Vector256.Create(Vector128.Load(source), Vector128.Load(source + laneStride)).ToVector512Unsafe();
        var upper = Vector128.Load(source + (2 * laneStride)).ToVector256Unsafe();
        if (lanes == 4) upper = upper.WithUpper(Vector128.Load(source + (3 * laneStride)));
        return result.WithUpper(upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLanes<E>(Vector512<E> value, E* destination, [ConstantExpected] int lanes)
        where E : unmanaged
    {
        if (lanes == 4)
        {
            value.Store(destination);
        }
        else
        {
            value.GetLower().Store(destination);
            value.GetUpper().GetLower().Store(destination + Vector256<E>.Count);
        }
    }

    /// <summary>Four lines, by 32 bytes of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFour(T* source, nint stride, nint depth, T* panel, nint width)
    {
        nint i = 0;
        for (; i <= depth - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            if (typeof(T) == typeof(float)) TransposeFloats((float*)source + i, stride, (float*)panel + (i * width), width);
            else TransposeDoubles((double*)source + i, stride, (double*)panel + (i * width), width);
        }

        for (; i < depth; i++)
        {
            for (var line = 0; line < 4; line++) panel[(i * width) + line] = source[(line * stride) + i];
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
