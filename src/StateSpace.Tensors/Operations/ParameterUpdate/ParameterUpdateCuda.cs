using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.ParameterUpdate;

/// <summary>A run of elements of a parameter, as the kernels read it: addresses, with null for what there is not.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct UpdateBlock(ulong Weight, ulong Gradient, ulong First, ulong Second, long Length, long Part);

/// <summary>What the kernels know of the settings of a part of a parameter.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct UpdateSettings(double Beta1, double Beta2, double Epsilon, double Decay, double Multiplier, long Kind, long Slot);

/// <summary>
/// The launches of an optimizer's step over all parameters of one type on one GPU: each goes over a table of blocks, so that their number does
/// not grow with the number of parameters. Nothing waits for the device; the tables are read when the kernels run.
/// </summary>
internal static class ParameterUpdateCuda
{
    /// <summary>Elements of a block of the table.</summary>
    public const long BlockLength = 1 << 14;

    /// <summary>Numbers of a part's step, in double.</summary>
    public const long CoefficientCount = 8;

    private const string Source = "ParameterUpdate";
    private const int Threads = 256;
    private const int SumThreads = 1024;
    private const int TableThreads = 128;

    /// <summary>Words of 64 bits of a row of a table.</summary>
    public static long WordsOf<T>()
        where T : unmanaged => Unsafe.SizeOf<T>() / sizeof(long);

    /// <summary>Copies rows into a table on the device.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="table">(rows, words) of Int64.</param>
    public static void Upload<T>(ReadOnlySpan<T> rows, Tensor table)
        where T : unmanaged
    {
        using var host = Tensor.From(MemoryMarshal.Cast<T, long>(rows), table.Shape);
        table.CopyFrom(host);
    }

    /// <summary>result = (norm of all gradients, factor that keeps it below the maximum): 1 where it is below, 0 where it is not finite.</summary>
    /// <param name="type">Type of the parameters.</param>
    /// <param name="table">Blocks.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="partial">One number of Float64 for each block.</param>
    /// <param name="maximum">Largest norm.</param>
    /// <param name="margin">Keeps the scaled norm below it.</param>
    /// <param name="result">Two numbers of Float64.</param>
    public static void Measure(DType type, Tensor table, int blocks, Tensor partial, double maximum, double margin, Tensor result)
    {
        if (blocks > 0) Find(type, table, "gradient_squares").Launch(blocks, Threads, table, partial);
        Find(type, table, "gradient_scale").Launch(1, SumThreads, partial, blocks, maximum, margin, result);
    }

    /// <summary>Scales gradients in place by the factor of <see cref="Measure"/>.</summary>
    public static void Scale(DType type, Tensor table, int blocks, Tensor factor)
    {
        if (blocks > 0) Find(type, table, "scale_gradients").Launch(blocks, Threads, table, factor);
    }

    /// <summary>Counts the step, computes its numbers, and updates; nothing changes where the factor is 0.</summary>
    /// <param name="type">Type of the parameters.</param>
    /// <param name="table">Blocks.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="settings">Settings of the parts.</param>
    /// <param name="steps">Steps made so far in each slot.</param>
    /// <param name="active">Slots that take part, as Int32.</param>
    /// <param name="rate">Learning rate, a Float64.</param>
    /// <param name="coefficients">Room for each part's numbers.</param>
    /// <param name="factor">On the gradients, a Float64; 1 where null.</param>
    public static void Update(
        DType type, Tensor table, int blocks, Tensor settings, Tensor steps, Tensor active, Tensor rate, Tensor coefficients, Tensor? factor)
    {
        if (blocks == 0) return;
        var (slots, parts) = (steps.Count, coefficients.Shape[0]);
        Find(type, table, "count_steps").Launch(Grid.Cover(slots, TableThreads), TableThreads, steps, active, factor, slots);
        Find(type, table, "update_coefficients").Launch(Grid.Cover(parts, TableThreads), TableThreads, settings, steps, rate, coefficients, parts);
        Find(type, table, "update_parameters").Launch(blocks, Threads, table, coefficients, factor);
    }

    private static CudaKernel Find(DType type, Tensor table, string function) => CudaKernel.For(table.Device, type, Source, function);
}
