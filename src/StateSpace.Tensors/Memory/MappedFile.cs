using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace StateSpace.Tensors.Memory;

/// <summary>Maps files into memory so that tensors can lie in them.</summary>
/// <remarks>
/// Pages are private: what a tensor writes goes to a copy of the page that this process alone sees, never to the file. A page is read from
/// the file when it is first touched. If the file was made shorter meanwhile, that touch ends the process (SIGBUS on Unix); nothing can
/// catch it. A file that is replaced by a rename is safe: the mapping keeps the old one.
/// </remarks>
internal static unsafe class MappedFile
{
    /// <summary>Maps a whole file, with one reference.</summary>
    /// <param name="file">The file, open for reading; the mapping outlives it. Must not be empty.</param>
    /// <exception cref="IOException">The system refuses, for example because the address space is too small.</exception>
    /// <exception cref="UnauthorizedAccessException">The system refuses access.</exception>
    public static Storage Open(SafeFileHandle file)
    {
        using var mapped = MemoryMappedFile.CreateFromFile(file, mapName: null, capacity: 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
        var view = mapped.CreateViewAccessor(0, 0, MemoryMappedFileAccess.CopyOnWrite);
        var handle = view.SafeMemoryMappedViewHandle;

        // The handle is not counted up (AcquirePointer): its finalizer then unmaps the file where nobody disposed the storage.
        return new((byte*)handle.DangerousGetHandle() + view.PointerOffset, (long)handle.ByteLength - view.PointerOffset, view);
    }
}
