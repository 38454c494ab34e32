using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Tests.Cuda;

public sealed class LaunchTests
{
    [Fact]
    public void Structures_have_the_driver_s_layout()
    {
        Assert.Equal(8, Unsafe.SizeOf<MemoryLocation>());
        Assert.Equal(32, Unsafe.SizeOf<MemoryProperties>());
        Assert.Equal(
            [0, 4, 8, 16, 24, 25, 26, 28],
            new[] { "Type", "HandleTypes", "Location", "SecurityAttributes", "CompressionType", "RemoteAccess", "Usage", "Reserved" }
                .Select(field => (int)Marshal.OffsetOf<MemoryProperties>(field)));
        Assert.Equal(12, Unsafe.SizeOf<MemoryAccess>());
        Assert.Equal(8, (int)Marshal.OffsetOf<MemoryAccess>("Flags"));
        Assert.Equal(128, Unsafe.SizeOf<NcclId>());
        Assert.Equal(8, Unsafe.SizeOf<KernelArgument>());
    }

    [Fact]
    public void Arguments_are_packed_as_the_driver_reads_them()
    {
        Assert.Equal(ulong.MaxValue, ((KernelArgument)(-1)).Bits);
        Assert.Equal(ulong.MaxValue, ((KernelArgument)(-1L)).Bits);
        Assert.Equal(0x80000000UL, ((KernelArgument)0x80000000U).Bits);
        Assert.Equal(1UL << 63, ((KernelArgument)(1UL << 63)).Bits);
        Assert.Equal(0x3FC00000UL, ((KernelArgument)1.5f).Bits);
        Assert.Equal(0x3FF8000000000000UL, ((KernelArgument)1.5).Bits);
        Assert.Equal(0UL, ((KernelArgument)(Tensor?)null).Bits);
    }

    [Fact]
    public void A_tensor_on_the_cpu_is_refused()
    {
        using var tensor = Tensor.Ones([3]);
        Assert.Contains("Float32 (3) on cpu", Assert.Throws<InvalidOperationException>(() => (KernelArgument)tensor).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_grid_is_made_from_numbers_and_refuses_what_the_hardware_does()
    {
        Grid grid = (3, 4L, 5);
        Assert.Equal((3u, 4u, 5u), (grid.X, grid.Y, grid.Z));
        grid = int.MaxValue;
        Assert.Equal((uint)int.MaxValue, grid.X);
        foreach (var wrong in new (long, long, long)[] { (0, 1, 1), (1L << 31, 1, 1), (1, 65536, 1), (1, 1, 65536), (1, -1, 1) })
            Assert.Throws<InvalidOperationException>(() => (Grid)wrong);
        Assert.Equal([0, 1, 1, 2], new[] { 0L, 1, 256, 257 }.Select(count => Grid.Cover(count, 256)));
    }

    [Fact]
    public void Element_types_have_the_names_of_the_shared_header()
    {
        Assert.Equal(["float", "double", "int", "i64", "bf16"], new[] { DType.Float32, DType.Float64, DType.Int32, DType.Int64, DType.BFloat16 }.Select(CudaKernel.Element));
    }
}
