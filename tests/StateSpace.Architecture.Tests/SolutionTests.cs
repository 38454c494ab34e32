using System.Xml.Linq;

namespace StateSpace.Architecture.Tests;

/// <summary>The rules that keep the solution readable: which project may see which, and how long a file may be.</summary>
public sealed class SolutionTests
{
    private const int MaximumLines = 600;

    private static readonly Dictionary<string, string[]> AllowedReferences = new(StringComparer.Ordinal)
    {
        ["StateSpace.Tensors"] = [],
        ["StateSpace.Models"] = ["StateSpace.Tensors"],
        ["StateSpace.Training"] = ["StateSpace.Models"],
        ["StateSpace.Inference"] = ["StateSpace.Models"],
        ["StateSpace.Studies"] = ["StateSpace.Training"],
        ["StateSpace.Reporting"] = ["StateSpace.Studies"],
        ["StateSpace.Cli"] = ["StateSpace.Inference", "StateSpace.Reporting"],
    };

    private static readonly string Root = FindRoot();

    [Fact]
    public void References_flow_one_way()
    {
        foreach (var project in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Assert.True(AllowedReferences.TryGetValue(name, out var allowed), $"{name} is not in the list of projects; add it with its references");
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(element => Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.Equal(allowed.Order(), references.Order());
        }
    }

    [Fact]
    public void No_source_file_is_longer_than_the_limit()
    {
        var tooLong = SourceFiles()
            .Select(file => (file, lines: File.ReadLines(file).Count()))
            .Where(entry => entry.lines > MaximumLines)
            .Select(entry => $"{Path.GetRelativePath(Root, entry.file)}: {entry.lines} lines");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void No_file_is_named_after_nothing_in_particular()
    {
        string[] vague = ["Utils", "Util", "Helpers", "Helper", "Manager", "Common", "Misc"];
        var offenders = SourceFiles()
            .Where(file => vague.Any(word => Path.GetFileNameWithoutExtension(file).EndsWith(word, StringComparison.Ordinal)));
        Assert.Empty(offenders);
    }

    private static IEnumerable<string> SourceFiles() =>
        new[] { "src", "tests", "bench", "samples" }
            .Select(folder => Path.Combine(Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".cu" or ".cuh")
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "StateSpace.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("StateSpace.slnx was not found above the test's folder");
    }
}
