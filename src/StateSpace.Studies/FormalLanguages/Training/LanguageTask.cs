using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>A language as a task: the class of each position of honest samples.</summary>
/// <param name="Language">Name of the language.</param>
/// <param name="Training">Lengths to train on.</param>
/// <param name="Tests">Lengths to test on; the first are those of the training.</param>
internal sealed record LanguageTask(string Language, WordRange Training, params IReadOnlyList<WordRange> Tests) : TrainedTask(Language, Training, Tests)
{
    private const int ClassSamples = 200;

    private readonly FormalLanguage _language = LanguageCatalog.Find(Language);
    private readonly HonestSampler _sampler = new(LanguageCatalog.Find(Language));
    private string[]? _classes;

    /// <summary>The symbols, or the classes where they are more.</summary>
    public override int Vocabulary => Math.Max(_language.Alphabet.Length, Classes.Length);

    private string[] Classes => _classes ??= FindClasses();

    /// <inheritdoc/>
    public override TaskBatch Draw(int count, WordRange range, RandomSource random) =>
        Batch([.. Enumerable.Range(0, count).Select(_ =>
        {
            var word = _sampler.Sample(random, range.Shortest, range.Longest);
            var classes = _language.Labels(word).Select(label => Array.IndexOf(Classes, label)).ToArray();
            return (word.Select(symbol => _language.Alphabet.IndexOf(symbol, StringComparison.Ordinal)).ToArray(), classes, classes);
        })]);

    private string[] FindClasses()
    {
        var random = new RandomSource(0);
        return [.. Enumerable.Range(0, ClassSamples)
            .SelectMany(_ => _language.Labels(_sampler.Sample(random, Tests[^1].Shortest, Tests[^1].Longest))).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
