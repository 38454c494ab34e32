namespace StateSpace.Tensors.Verification;

/// <summary>A number out of range, which a GPU's kernel meets after the call has returned, is thrown when the host next waits, once, and harms nothing.</summary>
internal static class BadIndexCheck
{
    /// <summary>As <see cref="ConformanceCase.Operation"/>.</summary>
    public const string Name = "BadIndex";

    public static IEnumerable<ConformanceFinding> Run(Device device)
    {
        using var scope = new TensorScope();
        var x = Tensor.From(1f, 2, 3, 4, 5, 6).Reshape(2, 3).To(device);
        var bad = Tensor.From(0, 1, 7, -1).Reshape(2, 2).To(device);
        yield return Finding("gather", Message(() => x.Gather(1, bad).ToArray<float>()) == "Gather: index at (1, 0) is 7; it must be at least 0 and less than 3");
        yield return Finding("scatter-add", Message(() => x.ScatterAdd(1, bad, bad.Convert(DType.Float32)).Sum().Item()) == "ScatterAdd: index at (1, 0) is 7; it must be at least 0 and less than 3");
        yield return Finding("nothing is left", Message(() => x.Sum().Item()) is null);
    }

    private static string? Message(Func<object> action)
    {
        try
        {
            action();
            return null;
        }
        catch (IndexValueException exception)
        {
            return exception.Message;
        }
    }

    private static ConformanceFinding Finding(string part, bool holds) => new(Name, DType.Float32, part, holds ? 0 : 1, 0.5);
}
