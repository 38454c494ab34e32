using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cuda.Interop;

/// <summary>Where a library was looked for and what came of it.</summary>
/// <param name="Where">A file, or a name given to the system's loader.</param>
/// <param name="Problem">Why it is not used; null where it is.</param>
internal sealed record SearchAttempt(string Where, string? Problem)
{
    public override string ToString() => Problem is null ? $"{Where}: used" : $"{Where}: {Problem}";
}

/// <summary>Looks for one native library by the names it may have, and remembers what was searched, found and rejected.</summary>
internal sealed class NativeLibrarySearch
{
    private readonly List<SearchAttempt> _attempts = [];

    /// <summary>Looks for a library: in the folders first asked for, then where the system's loader looks, then in the usual folders.</summary>
    /// <param name="name">What it is called in reports: <c>NVRTC</c>.</param>
    /// <param name="files">File names, the preferred one first.</param>
    /// <param name="firstFolders">Folders that go before the system's.</param>
    /// <param name="usualFolders">Folders that come after it.</param>
    /// <param name="check">Says what is wrong with a library that was loaded; null where it serves.</param>
    public NativeLibrarySearch(
        string name, IReadOnlyList<string> files, IEnumerable<string> firstFolders, IEnumerable<string> usualFolders, Func<nint, string?>? check = null)
    {
        Name = name;
        var tried = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in firstFolders)
        {
            if (!Directory.Exists(folder)) _attempts.Add(new(folder, "no such folder"));
            else if (TryFolder(folder, files, tried, check)) return;
        }

        foreach (var file in files)
        {
            if (!TryFile(file, check)) continue;
            return;
        }

        foreach (var folder in usualFolders)
        {
            if (Directory.Exists(folder) && TryFolder(folder, files, tried, check)) return;
        }
    }

    /// <summary>What it is called in reports.</summary>
    public string Name { get; }

    /// <summary>The loaded library; 0 where there is none.</summary>
    public nint Handle { get; private set; }

    /// <summary>The name or path that was loaded; null where none was.</summary>
    public string? Found { get; private set; }

    /// <summary>Everything that was tried, in order.</summary>
    public IReadOnlyList<SearchAttempt> Attempts => _attempts;

    /// <summary>The file that was loaded, as far as the system tells.</summary>
    public string? Path => Found is null ? null : System.IO.Path.IsPathRooted(Found) ? Found : LoadedPath(Found) ?? Found;

    /// <summary>One line: the file in use, or what was searched and rejected.</summary>
    public string Report
    {
        get
        {
            if (Found is not null) return Path!;
            var rejected = _attempts.Where(attempt => attempt.Problem != NotFound).ToList();
            var searched = string.Join(", ", _attempts.Where(attempt => attempt.Problem == NotFound).Select(attempt => attempt.Where));
            return (searched.Length, rejected.Count) switch
            {
                (0, _) => $"{Name} is not usable: {string.Join("; ", rejected)}",
                (_, 0) => $"{Name} was not found: no {searched}",
                _ => $"{Name} was not found: no {searched}; rejected {string.Join("; ", rejected)}",
            };
        }
    }

    private const string NotFound = "not found by the system's loader";

    private static string? LoadedPath(string file)
    {
        const string Maps = "/proc/self/maps";
        if (!File.Exists(Maps)) return null;

        // libcuda.so.1 is a link; what is mapped is libcuda.so.580.65.06.
        var end = file.IndexOf(".so", StringComparison.Ordinal);
        var stem = end < 0 ? file : file[..(end + 3)];
        return File.ReadLines(Maps)
            .Select(line => line.IndexOf('/') is >= 0 and var start ? line[start..] : "")
            .FirstOrDefault(path => System.IO.Path.GetFileName(path).StartsWith(stem, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Files(string folder, IReadOnlyList<string> files)
    {
        foreach (var file in files)
        {
            var path = System.IO.Path.Combine(folder, file);
            if (File.Exists(path)) yield return path;
        }
    }

    private bool TryFolder(string folder, IReadOnlyList<string> files, HashSet<string> tried, Func<nint, string?>? check)
    {
        foreach (var path in Files(folder, files))
        {
            if (tried.Add(path) && TryFile(path, check)) return true;
        }

        return false;
    }

    private bool TryFile(string path, Func<nint, string?>? check)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            _attempts.Add(new(path, System.IO.Path.IsPathRooted(path) ? Reason(exception, path) : NotFound));
            return false;
        }

        if (check?.Invoke(handle) is { } problem)
        {
            _attempts.Add(new(path, problem));
            NativeLibrary.Free(handle);
            return false;
        }

        _attempts.Add(new(path, null));
        (Handle, Found) = (handle, path);
        return true;
    }

    // The runtime's message goes over several lines and repeats the path; what the system's loader said is its end.
    private static string Reason(Exception exception, string path)
    {
        var lines = exception.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = lines.LastOrDefault(line => line.StartsWith(path + ": ", StringComparison.Ordinal)) ?? lines.FirstOrDefault() ?? "does not load";
        return line.StartsWith(path + ": ", StringComparison.Ordinal) ? line[(path.Length + 2)..] : line;
    }
}
