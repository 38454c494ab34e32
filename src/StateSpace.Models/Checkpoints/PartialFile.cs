namespace StateSpace.Models.Checkpoints;

/// <summary>
/// A file that is written beside its path, flushed to the disk and then renamed into place, so that the path holds the old content or the new
/// one whenever the machine stops. Disposed without <see cref="Commit"/>, it leaves no trace.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string Suffix = ".partial";

    private readonly string _partial;
    private bool _isDone;

    private PartialFile(string path)
    {
        Path = path;
        _partial = path + Suffix;
    }

    public string Path { get; }

    /// <summary>Writes the content beside the path.</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="bytes">Bytes that will be written: a disk that is too full says so before the work, where the file system can tell.</param>
    /// <param name="write">Writes them.</param>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static PartialFile Write(string path, long bytes, Action<Stream> write)
    {
        var file = new PartialFile(path);
        try
        {
            if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, PreallocationSize = bytes };
            using var stream = new FileStream(file._partial, options);
            write(stream);
            stream.Flush(flushToDisk: true);
            return file;
        }
        catch (Exception error)
        {
            file.Dispose();
            if (error is IOException or UnauthorizedAccessException) throw CannotWrite(path, error);
            throw;
        }
    }

    public static CheckpointException CannotWrite(string path, Exception error) => new(path, $"cannot be written: {error.Message}", error);

    /// <summary>Renames the content into place.</summary>
    /// <exception cref="CheckpointException">The path cannot be replaced.</exception>
    public void Commit()
    {
        try
        {
            File.Move(_partial, Path, overwrite: true);
            _isDone = true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(Path, error);
        }
    }

    public void Dispose()
    {
        if (_isDone) return;
        _isDone = true;
        try
        {
            File.Delete(_partial);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is reported is why the write failed, not that its rest could not be removed.
        }
    }
}
