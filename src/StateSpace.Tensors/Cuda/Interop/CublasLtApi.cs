using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cuda.Interop;

/// <summary>The functions of cuBLASLt that the program uses, under the library's names. Each gives a status; <see cref="Check"/> reads it.</summary>
internal static unsafe partial class CublasLtApi
{
    public const string Library = "cublasLt";

    static CublasLtApi() => CudaLibraries.InstallResolver();

    [LibraryImport(Library)]
    public static partial nuint cublasLtGetVersion();

    [LibraryImport(Library)]
    public static partial int cublasLtCreate(out nint handle);

    [LibraryImport(Library)]
    public static partial int cublasLtDestroy(nint handle);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescCreate(out nint descriptor, CublasComputeType compute, CublasDataType scale);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescDestroy(nint descriptor);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescSetAttribute(nint descriptor, CublasLtProductAttribute attribute, void* value, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutCreate(out nint layout, CublasDataType type, ulong rows, ulong columns, long leadingDimension);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutDestroy(nint layout);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutSetAttribute(nint layout, CublasLtLayoutAttribute attribute, void* value, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceCreate(out nint preference);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceDestroy(nint preference);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceSetAttribute(nint preference, CublasLtPreferenceAttribute attribute, void* value, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulAlgoGetHeuristic(
        nint handle, nint product, nint a, nint b, nint c, nint d, nint preference, int requested, CublasLtHeuristicResult* results, out int found);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmul(
        nint handle, nint product, void* alpha, byte* a, nint layoutA, byte* b, nint layoutB, void* beta, byte* c, nint layoutC, byte* d, nint layoutD,
        CublasLtAlgorithm* algorithm, byte* workspace, nuint workspaceBytes, nint stream);

    /// <summary>Throws where a status is an error.</summary>
    /// <param name="status">The status.</param>
    /// <param name="what">What was tried.</param>
    /// <exception cref="CudaException">It is an error.</exception>
    public static void Check(int status, string what)
    {
        if (status != 0) throw new CudaException($"{what}: {Describe(status)}");
    }

    public static string Describe(int status) => status switch
    {
        1 => "CUBLAS_STATUS_NOT_INITIALIZED (1)",
        3 => "CUBLAS_STATUS_ALLOC_FAILED (3)",
        7 => "CUBLAS_STATUS_INVALID_VALUE (7)",
        8 => "CUBLAS_STATUS_ARCH_MISMATCH (8)",
        11 => "CUBLAS_STATUS_MAPPING_ERROR (11)",
        13 => "CUBLAS_STATUS_EXECUTION_FAILED (13)",
        14 => "CUBLAS_STATUS_INTERNAL_ERROR (14)",
        15 => "CUBLAS_STATUS_NOT_SUPPORTED (15)",
        16 => "CUBLAS_STATUS_LICENSE_ERROR (16)",
        _ => $"cuBLASLt status {status}",
    };
}

/// <summary>cudaDataType.</summary>
internal enum CublasDataType
{
    Float32 = 0,
    Float64 = 1,
    BFloat16 = 14,
}

/// <summary>cublasComputeType_t.</summary>
internal enum CublasComputeType
{
    /// <summary>Products and sums in float32; of bf16 numbers on the tensor cores.</summary>
    Float32 = 68,

    Float64 = 70,

    /// <summary>Float32 numbers rounded to 10 bits of mantissa before they are multiplied.</summary>
    Float32FastTensorFloat32 = 77,
}

/// <summary>cublasLtMatmulDescAttributes_t.</summary>
internal enum CublasLtProductAttribute
{
    TransposeA = 3,
    TransposeB = 4,
    Epilogue = 7,
    BiasPointer = 8,
    BiasType = 26,
}

/// <summary>cublasLtMatrixLayoutAttribute_t.</summary>
internal enum CublasLtLayoutAttribute
{
    BatchCount = 5,
    StridedBatchOffset = 6,
}

/// <summary>cublasLtMatmulPreferenceAttributes_t.</summary>
internal enum CublasLtPreferenceAttribute
{
    MostWorkspaceBytes = 1,
    ReductionSchemes = 3,
    LeastAlignmentA = 5,
    LeastAlignmentB = 6,
    LeastAlignmentC = 7,
    LeastAlignmentD = 8,
}

/// <summary>cublasLtMatmulAlgo_t: opaque, 64 bytes.</summary>
[InlineArray(8)]
internal struct CublasLtAlgorithm
{
    private ulong _first;
}

/// <summary>cublasLtMatmulHeuristicResult_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CublasLtHeuristicResult
{
    public CublasLtAlgorithm Algorithm;
    public nuint WorkspaceBytes;
    public int State;
    public float Waves;
    private readonly int _reserved0;
    private readonly int _reserved1;
    private readonly int _reserved2;
    private readonly int _reserved3;
}
