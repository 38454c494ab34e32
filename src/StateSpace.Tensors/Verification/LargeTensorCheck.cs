namespace StateSpace.Tensors.Verification;

/// <summary>Operations on a tensor of more than 2^31 elements, whose positions do not fit into 32 bits. Needs 9 GB of a GPU's memory.</summary>
internal static class LargeTensorCheck
{
    /// <summary>As <see cref="ConformanceCase.Operation"/>.</summary>
    public const string Name = "LargeTensor";

    private const long Count = (1L << 31) + 72;
    private const long Marked = 104;

    /// <summary>All is 0 but the last elements, which lie on both sides of position 2^31: what is lost or moved there shows.</summary>
    public static IEnumerable<ConformanceFinding> Run(Device device)
    {
        using var scope = new TensorScope();
        var x = Tensor.Empty([Count], DType.BFloat16, device);
        x.Fill(0);
        x.Slice(0, Count - Marked, Marked).Fill(1);
        var y = x + x;
        yield return Finding("add", Distance(y.Slice(0, Count - Marked, Marked), 2) + Distance(y.Slice(0, 0, Marked), 0));
        yield return Finding("sum", Math.Abs(y.Sum().Item() - (2 * Marked)));
        y.AddInPlace(x);
        yield return Finding("add in place", Math.Abs(y.Sum().Item() - (3 * Marked)));
        yield return Finding("concatenate", Distance(Tensor.Concatenate(0, x.Slice(0, Count - Marked, Marked / 2), y.Slice(0, Count - 1, 1)).Slice(0, Marked / 2, 1), 3));
    }

    private static ConformanceFinding Finding(string part, double error) => new($"{Name} ({Count})", DType.BFloat16, part, error, 1e-6);

    private static double Distance(Tensor x, double value) => x.ToArray<double>().Max(element => Math.Abs(element - value));
}
