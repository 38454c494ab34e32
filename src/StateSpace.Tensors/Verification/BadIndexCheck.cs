using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.Embedding;

namespace StateSpace.Tensors.Verification;

/// <summary>
/// A number out of range is thrown with the operation's name, its place and its value, and harms nothing. A GPU's kernel meets it after the call has
/// returned: there it is thrown when the host next waits, once.
/// </summary>
internal static class BadIndexCheck
{
    /// <summary>As <see cref="ConformanceCase.Operation"/>.</summary>
    public const string Name = "BadIndex";

    public static IEnumerable<ConformanceFinding> Run(Device device)
    {
        using var scope = new TensorScope();
        var x = Tensor.From(1f, 2, 3, 4, 5, 6).Reshape(2, 3).To(device);
        var bad = Tensor.From(0, 1, 7, -1).Reshape(2, 2).To(device);
        yield return Finding("gather", "Gather: index at (1, 0) is 7; it must be at least 0 and less than 3", () => x.Gather(1, bad).ToArray<float>());
        yield return Finding(
            "scatter-add", "ScatterAdd: index at (1, 0) is 7; it must be at least 0 and less than 3", () => x.ScatterAdd(1, bad, bad.Convert(DType.Float32)).Sum().Item());
        yield return Finding("embedding", "Embedding: id at (1, 0) is 7; it must be at least 0 and less than 2", () => Embedding.Apply(x, bad).ToArray<float>());
        yield return Finding(
            "embedding of 64-bit ids", "Embedding: id at (1, 0) is 7; it must be at least 0 and less than 2", () => Embedding.Apply(x, bad.Convert(DType.Int64)).Sum().Item());
        var targets = Tensor.From(-100, 3).To(device);
        yield return Finding(
            "cross-entropy",
            "CrossEntropy: target at (1) is 3; it must be at least 0 and less than 3 or be -100, which is ignored",
            () => CrossEntropy.Apply(x, targets).Item());
        yield return Finding("a training step of both", "Embedding: id at (1, 0) is 7; it must be at least 0 and less than 2", () => Train(x, bad));
        yield return Finding("nothing is left", null, () => x.Sum().Item());
    }

    /// <summary>Ids that are out of range both as rows of the table and as classes: the first operation that meets one is named, gradients included.</summary>
    private static double Train(Tensor x, Tensor bad)
    {
        using var table = x.Clone();
        table.RequiresGradient = true;
        using var tape = new Tape();
        var loss = CrossEntropy.Apply(Embedding.Apply(table, bad), bad);
        tape.Backward(loss);
        return loss.Item();
    }

    private static ConformanceFinding Finding(string part, string? expected, Func<object> action) =>
        new(Name, DType.Float32, part, Message(action) == expected ? 0 : 1, 0.5);

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
}
