namespace StateSpace.Cli.Terminal;

/// <summary>Finds the name that a mistyped one was probably meant to be.</summary>
internal static class ClosestName
{
    /// <summary>"; did you mean 'x'?" or nothing where no name is near.</summary>
    public static string Hint(string typed, IEnumerable<string> names)
    {
        var best = names
            .Select(name => (name, distance: Distance(typed, name)))
            .Where(candidate => candidate.distance > 0)
            .Where(candidate => candidate.distance <= Math.Max(1, candidate.name.Length / 3) || IsBeginning(typed, candidate.name))
            .OrderBy(candidate => candidate.distance)
            .Select(candidate => candidate.name)
            .FirstOrDefault();
        return best is null ? "" : $", did you mean '{best}'?";
    }

    private static bool IsBeginning(string typed, string name) => typed.Length > 2 && name.StartsWith(typed, StringComparison.OrdinalIgnoreCase);

    // Number of insertions, deletions, substitutions and swaps of neighbours, without regard to case (optimal string alignment).
    internal static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 2])
                    && char.ToLowerInvariant(a[i - 2]) == char.ToLowerInvariant(b[j - 1]))
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
