using System.Text;

namespace StateSpace.Training.Checkpointing;

/// <summary>
/// Writes a file so that its path holds either the old content or the new one, whenever the process or the machine stops: the
/// content is written beside the path, flushed to the disk and renamed into place.
/// </summary>
/// <remarks>
/// The file beside is called <c>NAME.partial</c>. A process that is killed may leave it; the next write of the same path
/// replaces it. One process at a time writes a path.
/// </remarks>
public static class AtomicFile
{
    /// <summary>Ending of the file that is written before the rename.</summary>
    public const string PartialSuffix = ".partial";

    /// <summary>Replaces the file's content by what <paramref name="write"/> puts into the stream.</summary>
    /// <param name="path">The file; its folder is made if it is missing.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="RunFolderException">The path cannot be written, or the disk is full.</exception>
    public static void Write(string path, Action<Stream> write) => Write(path, neededBytes: 1 << 20, write);

    /// <summary>Replaces the file's content by bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})" path="/exception"/>
    public static void WriteBytes(string path, ReadOnlyMemory<byte> content) =>
        Write(path, content.Length, stream => stream.Write(content.Span));

    /// <summary>Replaces the file's content by a text in UTF-8 without a byte order mark.</summary>
    /// <inheritdoc cref="Write(string, Action{Stream})" path="/exception"/>
    public static void WriteText(string path, string content) => WriteBytes(path, Encoding.UTF8.GetBytes(content));

    private static void Write(string path, long neededBytes, Action<Stream> write)
    {
        var partial = path + PartialSuffix;
        try
        {
            if (Directory.Exists(path)) throw new UnauthorizedAccessException($"{path} is a folder");
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception error)
        {
            DeleteIfThere(partial);
            RunFolderException.ThrowIfFileSystem(path, neededBytes, error);
            throw;
        }
    }

    private static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What is reported is why the write failed, not that its rest could not be removed.
        }
    }
}
