using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>A language as a task: the class of each position of honest samples.</summary>
/// <param name="Language">Name of the language.</param>
/// <param name="Training">Lengths to train on.</param>
/// <param name="Tests">Lengths to test on; the first are those of the training.</param>
internal sealed record LanguageTask(string Language, (int Shortest, int Longest) Training, params IReadOnlyList<(int Shortest, int Longest)> Tests)
{
    /// <summary>Target of positions behind the end of a word, which do not count.</summary>
    public const int Ignored = -100;

    private const int ClassSamples = 200;

    private readonly FormalLanguage _language = LanguageCatalog.Find(Language);
    private readonly HonestSampler _sampler = new(LanguageCatalog.Find(Language));
    private string[]? _classes;

    /// <summary>Tokens of the network: the symbols, or the classes where they are more.</summary>
    public int Vocabulary => Math.Max(_language.Alphabet.Length, Classes.Length);

    private string[] Classes => _classes ??= FindClasses();

    /// <summary>Words of one batch, padded behind their ends.</summary>
    /// <param name="count">How many.</param>
    /// <param name="window">Their lengths.</param>
    /// <param name="random">Where they come from.</param>
    /// <returns>Tokens and classes, (B, L) each.</returns>
    public (Tensor Ids, Tensor Labels) Draw(int count, (int Shortest, int Longest) window, RandomSource random)
    {
        var words = Enumerable.Range(0, count).Select(_ => _sampler.Sample(random, window.Shortest, window.Longest)).ToList();
        var longest = words.Max(word => word.Length);
        Tensor ids = Tensor.Zeros([count, longest], DType.Int32), labels = Tensor.Empty([count, longest], DType.Int32);
        Span<int> tokens = ids.Span<int>(), targets = labels.Span<int>();
        targets.Fill(Ignored);
        for (var i = 0; i < count; i++)
        {
            var classes = _language.Labels(words[i]);
            for (var at = 0; at < words[i].Length; at++)
            {
                tokens[(i * longest) + at] = _language.Alphabet.IndexOf(words[i][at], StringComparison.Ordinal);
                targets[(i * longest) + at] = Array.IndexOf(Classes, classes[at]);
            }
        }

        return (ids, labels);
    }

    private string[] FindClasses()
    {
        var random = new RandomSource(0);
        return [.. Enumerable.Range(0, ClassSamples)
            .SelectMany(_ => _language.Labels(_sampler.Sample(random, Tests[^1].Shortest, Tests[^1].Longest))).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
