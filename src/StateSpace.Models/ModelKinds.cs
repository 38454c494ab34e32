using StateSpace.Models.Layers;

namespace StateSpace.Models;

/// <summary>Kinds of language models by name, each with the proportions that its paper gives.</summary>
public static class ModelKinds
{
    private const int LargestHead = 64;

    private static readonly (string Name, Func<long, int, BlockSettings[]> Blocks, NormKind Norm)[] Kinds =
    [
        ("mamba", (_, depth) => Repeat(depth, new(new MambaSettings())), NormKind.Rms),
        ("mamba2", (width, depth) => Repeat(depth, new(new Mamba2Settings { HeadSize = Divisor(2 * width, LargestHead) })), NormKind.Rms),
        ("s4d", (_, depth) => Repeat(depth, new(new S4dSettings())), NormKind.Layer),
        ("h3", (_, depth) => Repeat(depth, new(new H3Settings(), new MlpSettings())), NormKind.Layer),
        ("transformer", (width, depth) => Repeat(depth, new(Attention(width, 10000), new SwiGluSettings())), NormKind.Rms),
        ("hybrid", Hybrid, NormKind.Rms),
    ];

    /// <summary>The names: mamba, mamba2, s4d, h3, transformer, hybrid.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Kinds.Select(kind => kind.Name)];

    /// <summary>The configuration of a kind.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="vocabulary">Number of tokens V.</param>
    /// <param name="width">Channels D.</param>
    /// <param name="depth">Number of blocks.</param>
    /// <param name="experts">For the hybrid: number of experts of every second block, of which each token takes two; 1 for none.</param>
    /// <exception cref="ArgumentException">There is no such kind.</exception>
    public static SequenceModelConfiguration Configure(string name, long vocabulary, long width, int depth, int experts = 1)
    {
        var kind = Array.Find(Kinds, kind => string.Equals(kind.Name, name, StringComparison.Ordinal));
        if (kind.Blocks is null) throw new ArgumentException($"there is no model kind '{name}'; there are {string.Join(", ", Names)}", nameof(name));
        if (experts != 1 && kind.Name != "hybrid") throw new ArgumentException($"a {name} has no experts; a hybrid has", nameof(experts));
        var blocks = kind.Blocks(width, depth);
        if (experts > 1)
        {
            var mixture = new MixtureOfExpertsSettings { Experts = experts, Chosen = Math.Min(2, experts) };
            for (var i = 1; i < blocks.Length; i += 2) blocks[i] = blocks[i] with { FeedForward = mixture };
        }

        return new() { Vocabulary = vocabulary, Width = width, Blocks = blocks, Norm = kind.Norm, NormEpsilon = kind.Name == "hybrid" ? 1e-6 : 1e-5 };
    }

    /// <summary>
    /// Jamba's order (Lieber et al., 2024, arXiv 2403.19887): attention in the middle of every eight blocks, here of every four so that a shallow
    /// model has some.
    /// </summary>
    private static BlockSettings[] Hybrid(long width, int depth) => [.. Enumerable.Range(0, depth).Select(i => new BlockSettings(
        i % 4 == 2 || (depth < 3 && i == depth - 1) ? Attention(width, rotaryBase: null) : new MambaSettings { InputNorm = ScanInputNorm.Scaled },
        new SwiGluSettings()))];

    private static BlockSettings[] Repeat(int depth, BlockSettings block) => [.. Enumerable.Repeat(block, depth)];

    private static AttentionSettings Attention(long width, double? rotaryBase)
    {
        // Heads of an even size, as rotary positions need.
        var heads = Math.Max(1, width / LargestHead);
        while (heads > 1 && (width % heads != 0 || width / heads % 2 != 0)) heads--;
        return new() { Heads = heads, RotaryBase = rotaryBase };
    }

    private static long Divisor(long count, long largest)
    {
        var size = Math.Min(count, largest);
        while (count % size != 0) size--;
        return size;
    }
}
