using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using StateSpace.Tensors.Cuda.Gemm;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Tests.Cuda;

/// <summary>The structures that cuBLASLt reads and writes lie as its header (cublasLt.h of CUDA 12 and 13) has them.</summary>
public sealed class CublasLtLayoutTests
{
    [Fact]
    public void An_algorithm_is_eight_words() => Assert.Equal(64, Unsafe.SizeOf<CublasLtAlgorithm>());

    [Fact]
    public void A_proposal_lies_as_in_the_header()
    {
        Assert.Equal(96, Unsafe.SizeOf<CublasLtHeuristicResult>());
        Assert.Equal(0, (int)Marshal.OffsetOf<CublasLtHeuristicResult>(nameof(CublasLtHeuristicResult.Algorithm)));
        Assert.Equal(64, (int)Marshal.OffsetOf<CublasLtHeuristicResult>(nameof(CublasLtHeuristicResult.WorkspaceBytes)));
        Assert.Equal(72, (int)Marshal.OffsetOf<CublasLtHeuristicResult>(nameof(CublasLtHeuristicResult.State)));
        Assert.Equal(76, (int)Marshal.OffsetOf<CublasLtHeuristicResult>(nameof(CublasLtHeuristicResult.Waves)));
    }

    [Theory]
    [InlineData(0x7f0000000100, 16)]
    [InlineData(0x7f0000000108, 8)]
    [InlineData(0x7f0000000104, 4)]
    [InlineData(0x7f0000000106, 2)]
    public unsafe void The_alignment_of_an_address_is_the_power_of_two_in_it(long address, uint alignment) => Assert.Equal(alignment, GemmShape.AlignmentOf((byte*)address));
}
