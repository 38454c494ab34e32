using StateSpace.Tensors;

namespace StateSpace.Models.Verification;

/// <summary>
/// A text at once, in chunks and token by token gives the same logits and the same continuation, and both are near the same computation in double.
/// </summary>
internal static class EquivalenceContract
{
    /// <summary>Largest error of logits over max(1, largest logit).</summary>
    public const double Tolerance = 1e-5;

    /// <summary>Largest error of Float32 logits against Float64 ones, over max(1, largest logit): rounding adds up over the layers.</summary>
    public const double DoubleTolerance = 1e-4;

    /// <summary>Weights up to which the reference in double is computed; it takes 8 bytes for each.</summary>
    public const long LargestDouble = 50_000_000;

    private const int Continuation = 16;

    private static readonly long[] Chunks = [1, 3, 17];

    /// <summary>Runs the contract.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="ids">A text, (B, L).</param>
    /// <param name="notes">Takes what was left out.</param>
    /// <param name="cancellation">Ends the run.</param>
    public static IEnumerable<ModelCheck> Run(ModelFolder folder, Tensor ids, List<string> notes, CancellationToken cancellation)
    {
        var model = folder.Model;
        var length = ids.Shape[1];
        var whole = ForwardTrace.Read(model, ids, length, Continuation, cancellation);
        var reread = GreedyText.Reread(model, ids.ToArray<long>()[..(int)length], Continuation, cancellation);
        yield return Same("state", "greedy", reread, whole.Greedy);
        foreach (var chunk in Chunks.Where(chunk => chunk < length))
        {
            var group = chunk == 1 ? "token by token" : $"chunks of {chunk}";
            var pieces = ForwardTrace.Read(model, ids, chunk, Continuation, cancellation);
            foreach (var check in Compare(group, whole, pieces, Tolerance)) yield return check;
            yield return Same(group, "greedy", whole.Greedy, pieces.Greedy);
        }

        if (model.ParameterCount > LargestDouble)
        {
            notes.Add($"the reference in double was left out: {model.ParameterCount} weights are more than {LargestDouble}");
            yield break;
        }

        using var reference = ModelFolder.Load(folder.Path);
        reference.Model.Convert(DType.Float64);
        var exact = ForwardTrace.Read(reference.Model, ids, length, continuation: 0, cancellation);
        foreach (var check in Compare("float64", exact, whole, DoubleTolerance)) yield return check;
    }

    private static IEnumerable<ModelCheck> Compare(string group, ForwardTrace expected, ForwardTrace actual, double tolerance)
    {
        for (var i = 0; i < expected.Hidden.Length; i++)
        {
            var isFinal = i + 1 == expected.Hidden.Length;
            var scale = ModelCheck.Scale(expected.Hidden[i], 1);
            yield return ModelCheck.Of(
                group, isFinal ? "final" : $"stream.{i}", expected.Hidden[i], actual.Hidden[i], tolerance: null, scale, isFinal ? null : i - 1);
        }

        yield return ModelCheck.Of(group, "logits", expected.Logits, actual.Logits, tolerance, ModelCheck.Scale(expected.Logits, 1));
    }

    private static ModelCheck Same(string group, string name, long[] expected, long[] actual)
    {
        var first = Enumerable.Range(0, expected.Length).FirstOrDefault(i => expected[i] != actual[i], -1);
        return new(group, name, first < 0 ? 0 : 1, 0, 0, Problem: first < 0 ? null : $"token {first} of the continuation is {actual[first]}, not {expected[first]}");
    }
}
