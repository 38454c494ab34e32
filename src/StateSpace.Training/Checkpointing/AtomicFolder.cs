namespace StateSpace.Training.Checkpointing;

/// <summary>
/// Replaces a folder of several files as one: whenever the process stops, <see cref="Recover"/> finds the whole old content or the whole
/// new one.
/// </summary>
/// <remarks>
/// The new content is written into <c>NAME.partial</c>; its rename to <c>NAME.new</c> says that it is whole; then the old folder goes and
/// the new one takes its name. One process at a time writes a path.
/// </remarks>
public static class AtomicFolder
{
    /// <summary>Ending of the folder that is whole but has not its name yet.</summary>
    public const string NewSuffix = ".new";

    /// <summary>Replaces the folder by what <paramref name="write"/> puts into the folder that it is given.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="write">Writes the files, each flushed to the disk.</param>
    /// <exception cref="RunFolderException">The folder cannot be written, or the disk is full; the old content is still there.</exception>
    public static void Write(string path, Action<string> write)
    {
        var partial = path + AtomicFile.PartialSuffix;
        try
        {
            Recover(path);
            Directory.CreateDirectory(partial);
            write(partial);
            Directory.Move(partial, path + NewSuffix);
            Recover(path);
        }
        catch (Exception error)
        {
            DeleteIfThere(partial);
            RunFolderException.ThrowIfFileSystem(path, 1 << 20, error);
            throw;
        }
    }

    /// <summary>Ends a replacement that was interrupted, and removes what was not whole.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>Whether the folder is there.</returns>
    /// <exception cref="RunFolderException">The folder cannot be changed.</exception>
    public static bool Recover(string path)
    {
        try
        {
            DeleteIfThere(path + AtomicFile.PartialSuffix);
            if (Directory.Exists(path + NewSuffix))
            {
                DeleteIfThere(path);
                Directory.Move(path + NewSuffix, path);
            }

            return Directory.Exists(path);
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(path, 4096, error);
            throw;
        }
    }

    /// <summary>Removes the folder and what an interrupted replacement left.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="RunFolderException">The folder cannot be removed.</exception>
    public static void Delete(string path)
    {
        try
        {
            foreach (var folder in new[] { path + AtomicFile.PartialSuffix, path + NewSuffix, path }) DeleteIfThere(folder);
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(path, 0, error);
            throw;
        }
    }

    private static void DeleteIfThere(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }
}
