using System.Globalization;
using System.Security;

namespace StateSpace.Training.Checkpointing;

/// <summary>A file of a run cannot be written or read; the message is one line that names the path, what is wrong and what to do.</summary>
public sealed class RunFolderException : Exception
{
    // ENOSPC and EDQUOT, which .NET gives as the HResult on Unix, and their Windows counterparts.
    private static readonly int[] DiskFullCodes = [28, 122, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    // EWOULDBLOCK on Linux and macOS, a sharing violation on Windows: another process has the file locked.
    private static readonly int[] InUseCodes = [11, 35, unchecked((int)0x80070020)];

    private RunFolderException(string message, string path, bool diskFull, Exception? inner)
        : base(message, inner)
    {
        Path = path;
        DiskFull = diskFull;
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>Whether the disk (or the quota) had no space left.</summary>
    public bool DiskFull { get; }

    /// <summary>A file that is there but is not what it should be.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="reason">What is wrong and what to do, as the rest of a sentence after the path and a colon.</param>
    /// <param name="inner">The cause, if any.</param>
    public static RunFolderException Unusable(string path, string reason, Exception? inner = null) => new($"{path}: {reason}", path, diskFull: false, inner);

    /// <summary>A disk without space.</summary>
    /// <param name="path">The file that could not be written.</param>
    /// <param name="neededBytes">Space that is needed to go on.</param>
    /// <param name="inner">The cause.</param>
    public static RunFolderException OutOfSpace(string path, long neededBytes, Exception inner) =>
        new($"{path}: the disk is full; about {Size(neededBytes)} more are needed there", path, diskFull: true, inner);

    /// <summary>Throws a failure of the file system as a <see cref="RunFolderException"/>; does nothing with any other error.</summary>
    /// <param name="path">The file or folder that was worked on.</param>
    /// <param name="neededBytes">Space that the work needed, for the message where the disk is full.</param>
    /// <param name="error">What went wrong.</param>
    public static void ThrowIfFileSystem(string path, long neededBytes, Exception error)
    {
        if (error is IOException or UnauthorizedAccessException or NotSupportedException or SecurityException) throw From(path, neededBytes, error);
    }

    private static RunFolderException From(string path, long neededBytes, Exception error)
    {
        if (DiskFullCodes.Contains(error.HResult)) return OutOfSpace(path, neededBytes, error);
        if (InUseCodes.Contains(error.HResult)) return Unusable(path, "is in use by another process; wait for it or choose another folder", error);
        if (Directory.Exists(path)) return Unusable(path, "is a folder where a file is to be written; move it away or choose another folder", error);
        return error switch
        {
            _ when FileInTheWay(path) is { } file => Unusable(path, $"{file} is a file where a folder is needed; choose another folder", error),
            UnauthorizedAccessException => Unusable(path, "is not writable for this user; change its permissions or choose another folder", error),
            DirectoryNotFoundException or FileNotFoundException => Unusable(path, "its folder does not exist", error),
            _ => Unusable(path, $"cannot be used: {OneLine(error.Message)}", error),
        };
    }

    private static string? FileInTheWay(string path)
    {
        for (var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)); folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
            if (File.Exists(folder)) return folder;
        return null;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd(' ', '.');

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (bytes + 1023) / 1024)} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{(bytes + (1 << 20) - 1) / (1 << 20)} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / (1 << 30):0.0} GiB"),
    };
}
