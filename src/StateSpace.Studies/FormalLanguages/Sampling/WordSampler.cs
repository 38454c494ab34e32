using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Draws members of a language.</summary>
public abstract class WordSampler
{
    private const int Attempts = 200_000;

    /// <summary>A member whose length lies in the window.</summary>
    /// <param name="random">Source of random numbers.</param>
    /// <param name="shortest">Least length.</param>
    /// <param name="longest">Greatest length.</param>
    /// <exception cref="StudyInputException">No member of such a length was found.</exception>
    public abstract string Sample(RandomSource random, int shortest, int longest);

    /// <summary>Different members, fewer than asked for where the window has no more or 200,000 draws found no more.</summary>
    /// <param name="random">Source of random numbers.</param>
    /// <param name="count">How many.</param>
    /// <param name="shortest">Least length.</param>
    /// <param name="longest">Greatest length.</param>
    /// <param name="cancellation">Polled at each draw.</param>
    public IReadOnlyList<string> SampleDifferent(RandomSource random, int count, int shortest, int longest, CancellationToken cancellation = default)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<string> words = [];
        for (var (i, failures) = (0, 0); words.Count < count && i < Attempts && failures < 10 * count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var word = Sample(random, shortest, longest);
            if (seen.Add(word)) words.Add(word);
            else failures++;
        }

        return words;
    }

    /// <summary>The first drawn word within the window; null from <paramref name="draw"/> is a failed attempt.</summary>
    protected static string Accept(int shortest, int longest, Func<string?> draw)
    {
        ArgumentNullException.ThrowIfNull(draw);
        for (var i = 0; i < Attempts; i++)
        {
            if (draw() is { } word && word.Length >= shortest && word.Length <= longest) return word;
        }

        throw new StudyInputException($"{Attempts} draws gave no member of {shortest} to {longest} symbols");
    }
}
