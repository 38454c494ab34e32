using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StateSpace.Tensors.Cuda;

/// <summary>
/// Compiled programs on disk, in the folder SSM_CUDA_CACHE or the user's cache folder. An entry is written beside its place and renamed; it
/// begins with its length and checksum, and one that does not hold is as good as none.
/// </summary>
internal static class KernelCache
{
    private const int HeaderBytes = 8 + 8 + 32;
    private const ulong Magic = 0x31_55_43_5F_4D_53_53_00;

    /// <summary>Where the entries lie; null where there is no place for them.</summary>
    public static string? Folder { get; } = ChooseFolder();

    /// <summary>An image, or null where there is none that holds.</summary>
    public static byte[]? Read(string key)
    {
        if (Folder is null) return null;
        try
        {
            return Unpack(File.ReadAllBytes(FilePath(key)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps an image. Where the folder cannot be written nothing is kept and the next process compiles again.</summary>
    public static void Write(string key, byte[] image)
    {
        if (Folder is null) return;
        var beside = $"{FilePath(key)}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}";
        try
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllBytes(beside, Pack(image));
            File.Move(beside, FilePath(key), overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The cache saves time and nothing else.
        }
    }

    /// <summary>An entry's bytes.</summary>
    internal static byte[] Pack(ReadOnlySpan<byte> image)
    {
        var entry = new byte[HeaderBytes + image.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(entry, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(8), image.Length);
        SHA256.HashData(image, entry.AsSpan(16));
        image.CopyTo(entry.AsSpan(HeaderBytes));
        return entry;
    }

    /// <summary>The image of an entry; null where the entry is damaged.</summary>
    internal static byte[]? Unpack(ReadOnlySpan<byte> entry)
    {
        if (entry.Length < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(entry) != Magic) return null;
        var image = entry[HeaderBytes..];
        if (BinaryPrimitives.ReadInt64LittleEndian(entry[8..]) != image.Length) return null;
        return SHA256.HashData(image).AsSpan().SequenceEqual(entry.Slice(16, 32)) ? image.ToArray() : null;
    }

    private static string FilePath(string key) => Path.Combine(Folder!, key + ".cubin");

    private static string? ChooseFolder()
    {
        if (Environment.GetEnvironmentVariable("SSM_CUDA_CACHE") is { Length: > 0 } asked) return asked;
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".cache") : "";
        return root.Length == 0 ? null : Path.Combine(root, "statespace", "cuda");
    }
}
