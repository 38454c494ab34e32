using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The forward pass step by step, for few of them (decoding): the state is read and written as it lies, (P, N), in place in the final state.
/// </summary>
internal static unsafe class SsdRecurrentCpu
{
    /// <summary>Numbers of states worth a task of their own: some microseconds.</summary>
    private const long StatesPerTask = 1 << 14;

    public static void Forward<T>(SsdTensors tensors, Tensor y, Tensor final)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var x = new SsdArrays<T>(tensors);
        T* output = y.Pointer<T>(), state = final.Pointer<T>();
        var size = (long)x.HeadSize * x.States;
        CpuTeam.ForBlocks(x.Batch * x.Heads, Math.Max(1, StatesPerTask / Math.Max(1, size)), (start, end) =>
        {
            for (var row = start; row < end; row++)
            {
                var (sequence, head) = Math.DivRem(row, x.Heads);
                if (Avx512F.IsSupported) RecurrentHead<T, Vector512<T>, Simd512<T>>.Run(x, sequence, head, output, state + (row * size));
                else RecurrentHead<T, Vector256<T>, Simd256<T>>.Run(x, sequence, head, output, state + (row * size));
            }
        });
    }
}
