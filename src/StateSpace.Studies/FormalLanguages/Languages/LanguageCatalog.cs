using System.Globalization;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>The languages by name. A new language is a line in <c>RegularLanguages</c> or <c>CounterLanguages</c>.</summary>
public static class LanguageCatalog
{
    private const int LargestDepth = 62;
    private const int LargestStackCount = 4096;

    /// <summary>
    /// The suite of 27 languages of Sarrof, Veitsman and Hahn (2024, arXiv 2405.17394, fig. 5), after Bhattamishra et al. (2020): 11 star-free, 7
    /// regular but not star-free, 9 of counters.
    /// </summary>
    public static IReadOnlyList<FormalLanguage> Suite { get; } = [.. RegularLanguages.StarFree(), .. RegularLanguages.Others(), .. CounterLanguages.Suite()];

    /// <summary>The names of the suite, and of the languages beside it.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Suite.Select(language => language.Name), "ab-star", "flip-flop", "d-N", "dyck-K-H"];

    /// <summary>The language with this name, also one of the families d-N and dyck-K-H.</summary>
    /// <exception cref="StudyInputException">There is none; the message names those that there are.</exception>
    public static FormalLanguage Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Suite.FirstOrDefault(language => string.Equals(language.Name, name, StringComparison.Ordinal)) is { } language) return language;
        if (name == "ab-star") return RegularLanguages.AbStar();
        if (name == "flip-flop") return RegularLanguages.FlipFlop();
        var parts = name.Split('-');
        return parts switch
        {
            ["d", var depth] => RegularLanguages.BoundedDepth(Number(name, depth, LargestDepth)),
            ["dyck", var kinds, var depth] => Dyck(name, Number(name, kinds, 8), Number(name, depth, LargestDepth)),
            _ => throw new StudyInputException($"there is no language '{name}'; there are {string.Join(", ", Names)}"),
        };
    }

    /// <summary>Whether this is the name of a language that counts without bound.</summary>
    public static bool Counts(string name) => Suite.Any(language => language is CounterLanguage && string.Equals(language.Name, name, StringComparison.Ordinal));

    /// <summary>The regular language with this name.</summary>
    /// <exception cref="StudyInputException">There is none, or it is not regular.</exception>
    public static RegularLanguage FindRegular(string name) => Find(name) as RegularLanguage
        ?? throw new StudyInputException($"{name} is not regular: it counts without bound, and no finite automaton recognizes it");

    private static RegularLanguage Dyck(string name, int kinds, int depth)
    {
        // 1 + K + K² + … stacks.
        var (stacks, level) = (1L, 1L);
        for (var i = 0; i < depth && stacks <= LargestStackCount; i++) stacks += level *= kinds;
        return stacks <= LargestStackCount
            ? RegularLanguages.Dyck(kinds, depth)
            : throw new StudyInputException($"the automaton of {name} has more than {LargestStackCount} states; take fewer kinds of brackets, a smaller depth, or counters (ssm compile --counters)");
    }

    private static int Number(string name, string text, int largest) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= largest
            ? value
            : throw new StudyInputException($"'{text}' in the language '{name}' must be a number from 1 to {largest}");
}
