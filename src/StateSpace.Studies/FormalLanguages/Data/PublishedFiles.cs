using System.IO.Compression;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// The published strings of the suite, from the folder <c>generated_ds</c> of lacoco-lab/ssm_expressivity in one archive: a folder a language, with
/// <c>train_src.txt</c>, <c>train_tgt.txt</c>, <c>val_src_binK.txt</c> and <c>val_tgt_binK.txt</c>, a word a line.
/// </summary>
public sealed class PublishedFiles : IDisposable
{
    /// <summary>Name of the archive.</summary>
    public const string FileName = "formal-languages.zip";

    private readonly ZipArchive _archive;

    private PublishedFiles(ZipArchive archive) => _archive = archive;

    /// <summary>Where the archive is: in the folder given, or in that of SSM_DATA where that is empty; null where there is none.</summary>
    public static string? Find(string folder)
    {
        var place = string.IsNullOrEmpty(folder) ? Environment.GetEnvironmentVariable("SSM_DATA") : folder;
        return !string.IsNullOrEmpty(place) && Path.Combine(place, FileName) is var path && File.Exists(path) ? path : null;
    }

    /// <summary>Opens the archive for reading.</summary>
    /// <exception cref="StudyInputException">It is no archive.</exception>
    public static PublishedFiles Open(string path)
    {
        try
        {
            return new(ZipFile.OpenRead(path));
        }
        catch (InvalidDataException)
        {
            throw new StudyInputException($"'{path}' is not a zip archive");
        }
    }

    /// <summary>The words of a language to train on.</summary>
    /// <param name="language">A language of the suite.</param>
    /// <exception cref="StudyInputException">The files are not there, or words and labels do not fit.</exception>
    public IReadOnlyList<LabelledWord> Training(FormalLanguage language) => Read(language, "train_src.txt", "train_tgt.txt");

    /// <summary>The words of a language to test on.</summary>
    /// <param name="language">A language of the suite.</param>
    /// <param name="bin">0 for the training lengths, 1 and more for longer ones.</param>
    /// <exception cref="StudyInputException">The files are not there, or words and labels do not fit.</exception>
    public IReadOnlyList<LabelledWord> Test(FormalLanguage language, int bin) => Read(language, $"val_src_bin{bin}.txt", $"val_tgt_bin{bin}.txt");

    /// <inheritdoc/>
    public void Dispose() => _archive.Dispose();

    private List<LabelledWord> Read(FormalLanguage language, string source, string target)
    {
        ArgumentNullException.ThrowIfNull(language);
        var folder = PublishedTask.All.FirstOrDefault(task => string.Equals(task.Language, language.Name, StringComparison.Ordinal))?.Folder
            ?? throw new StudyInputException($"there are no published files of {language.Name}");
        var (words, labels) = (Lines($"{folder}/{source}"), Lines($"{folder}/{target}"));
        if (words.Count != labels.Count) throw new StudyInputException($"{folder}: {words.Count} words in {source}, but {labels.Count} lines in {target}");
        List<LabelledWord> read = [];
        HashSet<string> classes = new(StringComparer.Ordinal);
        var known = classes.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var i = 0; i < words.Count; i++)
        {
            var digits = language.LabelLength;
            if (labels[i].Length != words[i].Length * digits)
            {
                throw new StudyInputException($"{folder}: word {i + 1} of {source} has {words[i].Length} symbols, but its line in {target} {labels[i].Length} digits");
            }

            var each = new string[words[i].Length];
            for (var at = 0; at < each.Length; at++)
            {
                var text = labels[i].AsSpan(at * digits, digits);
                known.Add(text);
                known.TryGetValue(text, out each[at]!);
            }

            read.Add(new(words[i], each));
        }

        return read;
    }

    private List<string> Lines(string name)
    {
        var entry = _archive.GetEntry(name) ?? throw new StudyInputException($"the archive of published files has no '{name}'");
        using var reader = new StreamReader(entry.Open());
        List<string> lines = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0) lines.Add(line);
        }

        return lines;
    }
}
