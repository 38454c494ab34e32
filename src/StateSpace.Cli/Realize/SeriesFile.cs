using System.Globalization;

namespace StateSpace.Cli.Realize;

/// <summary>A series of numbers, one a line, from a file or from standard input (<c>-</c>).</summary>
internal static class SeriesFile
{
    /// <summary>Longest line that is quoted in an error.</summary>
    private const int LongestQuote = 24;

    /// <exception cref="UsageException">The file is missing, empty, or a line is not one finite number; the message says line and column.</exception>
    public static double[] Read(string path)
    {
        var name = path == "-" ? "standard input" : path;
        var values = new List<double>();
        var line = 0;
        var blank = 0;
        foreach (var text in Lines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                if (blank == 0) blank = line;
                continue;
            }

            if (blank > 0 && values.Count > 0) throw new UsageException($"{name}: line {blank} is empty; give one number a line");
            values.Add(Parse(text, name, line));
        }

        return values.Count > 0 ? [.. values] : throw new UsageException($"{name}: holds no numbers; give one number a line");
    }

    private static double Parse(string text, string name, int line)
    {
        var start = text.Length - text.TrimStart().Length;
        var trimmed = text.Trim().TrimStart('\uFEFF');
        if (!double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            var column = start + FirstStrange(trimmed) + 1;
            var quote = trimmed.Length > LongestQuote ? trimmed[..LongestQuote] + "…" : trimmed;
            throw new UsageException($"{name}: line {line}, column {column}: '{quote}' is not a number; give one number a line");
        }

        if (!double.IsFinite(value)) throw new UsageException($"{name}: line {line}, column {start + 1}: '{trimmed}' is not finite; every value must be");
        return value;
    }

    /// <summary>The first character after the longest beginning that is a number.</summary>
    private static int FirstStrange(string text)
    {
        for (var length = text.Length - 1; length > 0; length--)
        {
            if (double.TryParse(text.AsSpan(0, length), NumberStyles.Float, CultureInfo.InvariantCulture, out _)) return length;
        }

        return 0;
    }

    private static IEnumerable<string> Lines(string path)
    {
        if (path != "-" && Directory.Exists(path)) throw new UsageException($"{path}: is a folder; name a file with one number a line, or - for standard input");
        TextReader reader;
        try
        {
            reader = path == "-" ? Console.In : new StreamReader(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"{path}: there is no such file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: cannot be read: {error.Message}");
        }

        using (reader)
        {
            while (reader.ReadLine() is { } line) yield return line;
        }
    }
}
