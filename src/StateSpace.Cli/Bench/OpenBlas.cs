using System.Runtime.InteropServices;

namespace StateSpace.Cli.Bench;

/// <summary>
/// OpenBLAS as a peer to measure against, when the machine happens to have it. Nothing but the benchmark uses it: the
/// library itself never calls native code for the CPU.
/// </summary>
internal sealed unsafe class OpenBlas
{
    private const int RowMajor = 101;
    private const int NoTranspose = 111;
    private const int Transpose = 112;

    private static readonly string[] Candidates =
    [
        "libopenblas.so.0",
        "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0",
        "/usr/lib/aarch64-linux-gnu/openblas-pthread/libopenblas.so.0",
        "/usr/lib64/libopenblasp.so.0",
        "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
        "libopenblas.dylib",
        "libopenblas.dll",
    ];

    private readonly delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> _sgemm;
    private readonly delegate* unmanaged[Cdecl]<int, int, int, int, int, int, double, double*, int, double*, int, double, double*, int, void> _dgemm;
    private readonly delegate* unmanaged[Cdecl]<int, void> _setThreads;

    private OpenBlas(nint library, string path)
    {
        Path = path;
        _sgemm = (delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)
            NativeLibrary.GetExport(library, "cblas_sgemm");
        _dgemm = (delegate* unmanaged[Cdecl]<int, int, int, int, int, int, double, double*, int, double*, int, double, double*, int, void>)
            NativeLibrary.GetExport(library, "cblas_dgemm");
        _setThreads = (delegate* unmanaged[Cdecl]<int, void>)NativeLibrary.GetExport(library, "openblas_set_num_threads");
        Configuration = ReadText(library, "openblas_get_config");
        CoreName = ReadText(library, "openblas_get_corename");
    }

    /// <summary>The name under which the library was found.</summary>
    public string Path { get; }

    /// <summary>Version and build options, as the library reports them.</summary>
    public string Configuration { get; }

    /// <summary>The family of kernels that the library chose for this processor, such as SkylakeX.</summary>
    public string CoreName { get; }

    /// <summary>The installed OpenBLAS, or null with a reason.</summary>
    /// <param name="reason">Where it was looked for and what was missing; empty when found.</param>
    public static OpenBlas? TryLoad(out string reason)
    {
        foreach (var candidate in Candidates)
        {
            if (!NativeLibrary.TryLoad(candidate, out var library)) continue;
            try
            {
                reason = "";
                return new OpenBlas(library, candidate);
            }
            catch (EntryPointNotFoundException error)
            {
                reason = $"OpenBLAS: {candidate} was loaded but lacks a function: {error.Message}";
                return null;
            }
        }

        reason = $"OpenBLAS: not installed (looked for {string.Join(", ", Candidates)})";
        return null;
    }

    /// <summary>Sets the number of threads of every later call.</summary>
    public void SetThreads(int threads) => _setThreads(threads);

    /// <summary>C = op(A)·op(B), or C += op(A)·op(B), row-major.</summary>
    public void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k, float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate) =>
        _sgemm(RowMajor, Code(transposeA), Code(transposeB), m, n, k, 1f, a, lda, b, ldb, accumulate ? 1f : 0f, c, ldc);

    /// <summary>C = op(A)·op(B), or C += op(A)·op(B), row-major.</summary>
    public void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k, double* a, int lda, double* b, int ldb, double* c, int ldc, bool accumulate) =>
        _dgemm(RowMajor, Code(transposeA), Code(transposeB), m, n, k, 1d, a, lda, b, ldb, accumulate ? 1d : 0d, c, ldc);

    private static int Code(bool transpose) => transpose ? Transpose : NoTranspose;

    private static string ReadText(nint library, string function) =>
        NativeLibrary.TryGetExport(library, function, out var export)
            ? Marshal.PtrToStringAnsi(((delegate* unmanaged[Cdecl]<nint>)export)()) ?? "unknown"
            : "unknown";
}
