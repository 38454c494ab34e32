using StateSpace.Inference.Sampling;
using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.Operations.PackedMatMul;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Inference.Storage;

/// <summary>What a storage type costs a model.</summary>
/// <param name="Storage">Storage type.</param>
/// <param name="BytesPerToken">Bytes that a decoding step reads of the weights.</param>
/// <param name="Nats">Mean −ln p of a token of the text.</param>
public sealed record StorageLoss(WeightStorage Storage, long BytesPerToken, double Nats)
{
    /// <summary>Tokens of a sequence that are read together, which bounds the memory of the logits.</summary>
    private const int Window = 128;

    /// <summary>e to the mean −ln p.</summary>
    public double Perplexity => Math.Exp(Nats);

    /// <summary>Measures every storage type on a text, float32 first. The model is left in float32.</summary>
    /// <param name="model">The model, in Float32.</param>
    /// <param name="ids">Tokens, (sequences, length), length at least 2; each but the first of a sequence is predicted from those before it.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    /// <exception cref="ArgumentException">A weight is not finite, which int8 cannot hold; the message names the layer.</exception>
    public static IEnumerable<StorageLoss> Measure(SequenceModel model, Tensor ids, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Rank != 2 || ids.Shape[1] < 2) throw new ShapeException(nameof(StorageLoss), $"ids must be (sequences, length) with length at least 2, not {ids}");
        try
        {
            foreach (var storage in Enum.GetValues<WeightStorage>())
            {
                model.Pack(storage);
                yield return new(storage, model.BytesPerToken(), MeanLoss(model, ids, cancellation));
            }
        }
        finally
        {
            model.Pack(WeightStorage.Float32);
        }
    }

    /// <summary>Texts that the model draws itself, at temperature 1, each from a random first token.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Number of texts.</param>
    /// <param name="length">Tokens of each.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="cancellation">Ends the drawing.</param>
    /// <returns>Tokens, (sequences, length) of Int32.</returns>
    public static Tensor Draw(SequenceModel model, int sequences, int length, ulong seed, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var texts = Tensor.Empty([sequences, length], DType.Int32);
        var (sampler, random) = (new TokenSampler(new() { Temperature = 1 }), new RandomSource(seed));
        var vocabulary = (int)model.Configuration.Vocabulary;
        var next = new int[sequences];
        random.FillIntegers(next, vocabulary);
        State? state = null;
        for (var t = 0; t < length; t++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var i = 0; i < sequences; i++) texts.Span<int>()[(i * length) + t] = next[i];
            using var scope = new TensorScope();
            using var pause = Tape.Pause();
            var output = model.Forward(Tensor.From<int>(next, [sequences, 1]), state, rows: LogitRows.Last);
            var logits = output.Logits!.Span<float>();
            for (var i = 0; i < sequences; i++) next[i] = sampler.Sample(logits.Slice(i * vocabulary, vocabulary), [], random);
            var kept = output.State.Keep();
            state?.Dispose();
            state = kept;
        }

        state?.Dispose();
        return texts;
    }

    private static double MeanLoss(SequenceModel model, Tensor ids, CancellationToken cancellation)
    {
        var (sum, predicted) = (0.0, ids.Shape[1] - 1);
        State? state = null;
        for (long start = 0; start < predicted; start += Window)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            using var pause = Tape.Pause();
            var length = Math.Min(Window, predicted - start);
            var output = model.Forward(ids.Slice(1, start, length), state);
            sum += CrossEntropy.Apply(output.Logits!, ids.Slice(1, start + 1, length)).Item() * length;
            var kept = output.State.Keep();
            state?.Dispose();
            state = kept;
        }

        state?.Dispose();
        return sum / predicted;
    }
}
