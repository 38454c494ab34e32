using StateSpace.Models;
using StateSpace.Models.Tokenization;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Inference.Tests;

/// <summary>A random model of bytes: small, quick, and with a distribution that is neither flat nor certain.</summary>
internal static class TinyModel
{
    public static ITokenizer Tokenizer { get; } = new ByteTokenizer();

    public static SequenceModel Create(string kind = "mamba", ulong seed = 1) =>
        new(ModelKinds.Configure(kind, Tokenizer.VocabularySize, 16, 3) with { EmbeddingDeviation = 1, TiedHead = false }, new RandomSource(seed));
}
