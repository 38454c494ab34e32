using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cuda.Interop;

/// <summary>The driver's functions that put memory behind reserved addresses.</summary>
internal static unsafe partial class VirtualMemoryApi
{
    static VirtualMemoryApi() => CudaLibraries.InstallResolver();

    [LibraryImport(DriverApi.Library)]
    public static partial int cuMemAddressReserve(out byte* start, nuint bytes, nuint alignment, byte* wished, ulong flags);

    [LibraryImport(DriverApi.Library)]
    public static partial int cuMemCreate(out ulong handle, nuint bytes, in MemoryProperties properties, ulong flags);

    [LibraryImport(DriverApi.Library)]
    public static partial int cuMemRelease(ulong handle);

    [LibraryImport(DriverApi.Library)]
    public static partial int cuMemMap(byte* start, nuint bytes, nuint offset, ulong handle, ulong flags);

    [LibraryImport(DriverApi.Library)]
    public static partial int cuMemUnmap(byte* start, nuint bytes);

    [LibraryImport(DriverApi.Library)]
    public static partial int cuMemSetAccess(byte* start, nuint bytes, in MemoryAccess access, nuint count);
}

/// <summary>CUmemLocation.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryLocation
{
    /// <summary>1 is a device.</summary>
    public int Type;
    public int Id;
}

/// <summary>CUmemAllocationProp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryProperties
{
    /// <summary>1 is memory that stays in place.</summary>
    public int Type;
    public int HandleTypes;
    public MemoryLocation Location;
    public nint SecurityAttributes;
    public byte CompressionType;
    public byte RemoteAccess;
    public ushort Usage;
    public uint Reserved;
}

/// <summary>CUmemAccessDesc.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryAccess
{
    public MemoryLocation Location;

    /// <summary>3 is reading and writing.</summary>
    public int Flags;
}
