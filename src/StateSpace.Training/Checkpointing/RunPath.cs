namespace StateSpace.Training.Checkpointing;

/// <summary>The rules by which a folder becomes a run's: it is free, or holds a run that may be replaced, and its configuration is what makes it a run.</summary>
public static class RunPath
{
    /// <summary>Name of the file that makes a folder a run.</summary>
    public const string ConfigurationName = "config.json";

    /// <summary>The configuration's file in a folder.</summary>
    /// <param name="path">The folder.</param>
    public static string Configuration(string path) => Path.Combine(path, ConfigurationName);

    /// <summary>Whether nothing is at the path, or a folder that is empty but for what a killed process began to write.</summary>
    /// <param name="path">The folder.</param>
    public static bool IsFree(string path) => !File.Exists(path)
        && (!Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).All(entry => Path.GetFileName(entry) == ConfigurationName + AtomicFile.PartialSuffix));

    /// <summary>Checks that a new run may be made, before anything is computed.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="kind">What is looked for, such as <c>training run</c>.</param>
    /// <param name="holdsRun">Whether a folder that is not free holds such a run.</param>
    /// <param name="overwrite">Whether a run that is there may be removed.</param>
    /// <exception cref="RunFolderException">The path is taken.</exception>
    public static void RequireUsable(string path, string kind, Func<string, bool> holdsRun, bool overwrite)
    {
        FileSystem(path, () =>
        {
            if (File.Exists(path)) throw RunFolderException.Unusable(path, "is a file; choose another folder with --out");
            if (IsFree(path)) return;
            if (!holdsRun(path)) throw RunFolderException.Unusable(path, $"is not empty and holds no {kind}; choose another folder with --out");
            if (!overwrite) throw RunFolderException.Unusable(path, "holds a run already; continue it with --resume, replace it with --overwrite, or choose another --out");
        });
    }

    /// <summary>Makes the folder of a new run in a usable place and writes its configuration.</summary>
    /// <param name="path">A usable place.</param>
    /// <param name="remove">Removes the files of the run that is there, the configuration last.</param>
    /// <param name="configuration">Content of the configuration's file.</param>
    /// <exception cref="RunFolderException">The path is not writable.</exception>
    public static void Create(string path, Action<string> remove, string configuration)
    {
        FileSystem(path, () =>
        {
            if (!IsFree(path)) remove(path);
            Directory.CreateDirectory(path);
        });
        AtomicFile.WriteText(Configuration(path), configuration);
    }

    /// <summary>The configuration's file of a folder that holds a run.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="RunFolderException">There is no run.</exception>
    public static string RequireRun(string path)
    {
        if (!Directory.Exists(path)) throw RunFolderException.Unusable(path, "there is no such run folder");
        var configuration = Configuration(path);
        return File.Exists(configuration) ? configuration : throw RunFolderException.Unusable(path, $"holds no run: {ConfigurationName} is missing");
    }

    /// <summary>Turns what the file system refuses into one line for a person.</summary>
    private static void FileSystem(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(path, 4096, error);
            throw;
        }
    }
}
