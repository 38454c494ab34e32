using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.Arithmetic;

/// <summary>Launches of <c>Arithmetic.cu</c> and <c>Affine.cu</c>.</summary>
internal static class ArithmeticCuda
{
    private const int Fixed = 7;

    private static readonly string[] Right = [.. Enum.GetValues<DType>().Select(dtype => "RIGHT=" + CudaKernel.Element(dtype))];

    /// <summary>z = f(x, y) with broadcasting; z may be x.</summary>
    /// <param name="operation"><c>OPERATION=</c> and the name of a struct of <c>Arithmetic.cu</c>.</param>
    /// <param name="x">Left operand, of z's type.</param>
    /// <param name="y">Right operand.</param>
    /// <param name="z">Result, of the broadcast shape.</param>
    public static void Run(string operation, Tensor x, Tensor y, Tensor z)
    {
        if (z.Count == 0) return;
        Run(operation, new(x, x.Address()), new(y, y.Address()), new(z, z.Address()), StridedAxis.OfBroadcast(x.Shape, y.Shape, z.Shape));
    }

    /// <summary>y = scale x + shift.</summary>
    public static void Affine(Tensor x, Tensor y, double scale, double shift)
    {
        if (x.Count == 0) return;
        CudaKernel.For(x, "Affine", "affine")
            .Launch(Packs.Blocks(x.Count / x.DType.PerPack()), Packs.Block, x, y, scale, shift, x.Count, Packs.AreAligned(x, y) ? 1 : 0);
    }

    private static void Run(string operation, Operand x, Operand y, Operand z, ReadOnlySpan<StridedAxis> axes)
    {
        var inner = axes[0];
        var outer = axes[1..];
        if (outer.Length > StridedAxis.MostOuter)
        {
            var last = outer[^1];
            var rest = axes[..^1];
            var count = StridedAxis.Count(rest);
            for (var i = 0L; i < last.Size; i++) Run(operation, x.At(i * last.Left), y.At(i * last.Right), z.At(i * count), rest);
            return;
        }

        var perPack = Math.Min(x.Tensor.DType.PerPack(), y.Tensor.DType.PerPack());
        var packed = Packs.IsAligned(x.Address | y.Address | z.Address) && (outer.Length == 0 || inner.Size % perPack == 0);
        var packs = StridedAxis.Count(outer) * (packed ? inner.Size / perPack : inner.Size);
        Span<KernelArgument> arguments = new KernelArgument[Fixed + StridedAxis.Arguments];
        arguments[0] = x.Address;
        arguments[1] = y.Address;
        arguments[2] = z.Address;
        arguments[3] = packs;
        arguments[4] = inner.Size;
        arguments[5] = inner.Left;
        arguments[6] = inner.Right;
        StridedAxis.Write(outer, arguments[Fixed..]);
        CudaKernel.For(x.Tensor, "Arithmetic", packed ? "arithmetic_packed" : "arithmetic", Right[(int)y.Tensor.DType], operation)
            .Launch(Packs.Blocks(packs), Packs.Block, arguments);
    }

    private readonly record struct Operand(Tensor Tensor, ulong Address)
    {
        public Operand At(long offset) => this with { Address = Address + (ulong)(offset * Tensor.DType.Size()) };
    }
}
