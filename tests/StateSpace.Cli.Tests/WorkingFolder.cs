namespace StateSpace.Cli.Tests;

/// <summary>A folder in which a test's processes run.</summary>
public abstract class WorkingFolder : IDisposable
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("ssm-test-").FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Every file below a folder by its relative path; the elapsed time, which is a clock's, is taken out.</summary>
    protected SortedDictionary<string, string> Files(string name)
    {
        var root = Path.Combine(Folder, name);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            if (Path.GetFileName(file) == "results.json") text = System.Text.RegularExpressions.Regex.Replace(text, "\"elapsed_seconds\": [0-9.e-]+,", "");
            files.Add(Path.GetRelativePath(root, file), text);
        }

        return files;
    }
}
