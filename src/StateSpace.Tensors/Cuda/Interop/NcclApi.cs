using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cuda.Interop;

/// <summary>NCCL's functions under its own names. Each gives a result code; 0 is success.</summary>
internal static unsafe partial class NcclApi
{
    public const string Library = "nccl";

    static NcclApi() => CudaLibraries.InstallResolver();

    [LibraryImport(Library)]
    public static partial int ncclGetVersion(out int version);

    [LibraryImport(Library)]
    public static partial byte* ncclGetErrorString(int result);

    [LibraryImport(Library)]
    public static partial byte* ncclGetLastError(nint communicator);

    [LibraryImport(Library)]
    public static partial int ncclGetUniqueId(out NcclId id);

    [LibraryImport(Library)]
    public static partial int ncclCommInitRank(out nint communicator, int ranks, NcclId id, int rank);

    [LibraryImport(Library)]
    public static partial int ncclCommDestroy(nint communicator);

    [LibraryImport(Library)]
    public static partial int ncclCommAbort(nint communicator);

    [LibraryImport(Library)]
    public static partial int ncclCommGetAsyncError(nint communicator, out int error);

    [LibraryImport(Library)]
    public static partial int ncclAllReduce(void* source, void* target, nuint count, NcclType type, NcclReduction reduction, nint communicator, nint stream);

    [LibraryImport(Library)]
    public static partial int ncclBroadcast(void* source, void* target, nuint count, NcclType type, int root, nint communicator, nint stream);

    [LibraryImport(Library)]
    public static partial int ncclGroupStart();

    [LibraryImport(Library)]
    public static partial int ncclGroupEnd();
}

/// <summary>ncclUniqueId: what the ranks of one communicator have in common.</summary>
[InlineArray(Length)]
internal struct NcclId
{
    public const int Length = 128;

    private byte _first;
}

/// <summary>ncclDataType_t: those of tensors.</summary>
internal enum NcclType
{
    Int32 = 2,
    Int64 = 4,
    Float32 = 7,
    Float64 = 8,
    BFloat16 = 9,
}

/// <summary>ncclRedOp_t: those in use.</summary>
internal enum NcclReduction
{
    Sum = 0,
    Average = 4,
}
