using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.Embedding;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Cli.Bench;

/// <summary>
/// The two ends of a language model beside a plain copy: cross-entropy reads the logits, its gradient reads and writes as many; an embedding
/// copies rows, its gradient writes the whole table.
/// </summary>
internal static class LanguageLossBench
{
    private const long Vocabulary = 50280;
    private const long LossRows = 512;
    private const long Tokens = 2048;
    private const long Channels = 256;

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        using var scope = new TensorScope();
        var random = new RandomSource(1);
        var logits = Tensor.Normal([LossRows, Vocabulary], random);
        var targets = Ids(LossRows);
        var trackedLogits = (logits * 1.0).WithGradient();
        yield return Measure("cross-entropy", logits, 1, () => CrossEntropy.Apply(logits, targets).Dispose());
        yield return Measure("cross-entropy and gradient", logits, 6, () => Differentiate(trackedLogits, x => CrossEntropy.Apply(x, targets)));

        var table = Tensor.Normal([Vocabulary, Channels], random);
        var rows = Tensor.Normal([Tokens, Channels], random);
        var ids = Ids(Tokens);
        var trackedTable = (table * 1.0).WithGradient();
        yield return Measure("embedding", rows, 2, () => Embedding.Apply(table, ids).Dispose());
        yield return Measure("embedding and gradient", table, 4, () => Differentiate(trackedTable, x => Embedding.Apply(x, ids)));

        BenchRecord Measure(string name, Tensor streamed, int passes, Action action)
        {
            var (time, copy) = Stopclock.Medians(action, () => streamed.Clone().Dispose(), cancellation);
            var bytes = (double)streamed.Count * sizeof(float) / 1e9;
            var (rate, copyRate) = (passes * bytes / time, 2 * bytes / copy);
            return new($"{name} {streamed.Shape} float32", "read + written", rate, "GB/s", copyRate, rate / copyRate);
        }
    }

    private static Tensor Ids(long count) => Tensor.From<long>([.. Enumerable.Range(0, (int)count).Select(i => i * 7919L % Vocabulary)], [count]);

    /// <summary>Forward and backward; that the gradient is added to the leaf's counts as two reads and a write.</summary>
    private static void Differentiate(Tensor leaf, Func<Tensor, Tensor> apply)
    {
        using var scope = new TensorScope();
        using var tape = new Tape();
        var y = apply(leaf);
        tape.Backward([y], [y.Detach()]);
    }
}
