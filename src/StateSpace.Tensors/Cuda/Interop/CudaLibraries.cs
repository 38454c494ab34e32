using System.Reflection;
using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cuda.Interop;

/// <summary>
/// NVIDIA's libraries, each looked for once, when it is first needed: in the folders of SSM_CUDA_LIBS, where the system's loader looks, in
/// a toolkit (CUDA_HOME, CUDA_PATH, /usr/local/cuda*).
/// </summary>
internal static unsafe class CudaLibraries
{
    /// <summary>Oldest driver that serves, as the CUDA version it brings.</summary>
    public const int OldestDriver = 12000;

    private static readonly Lazy<NativeLibrarySearch> LazyDriver = new(() => Search("the NVIDIA driver (libcuda)", ["libcuda.so.1"], ["nvcuda.dll"]));
    private static readonly Lazy<NativeLibrarySearch> LazyNvrtc = new(() => Search(
        "NVRTC",
        ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"],
        ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"],
        NvrtcProblem));

    private static readonly Lazy<NativeLibrarySearch> LazyCublasLt = new(() => Search(
        "cuBLASLt", ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"], ["cublasLt64_13.dll", "cublasLt64_12.dll"], CublasLtProblem));

    private static readonly Lazy<NativeLibrarySearch> LazyCublas = new(() => Search(
        "cuBLAS", ["libcublas.so.13", "libcublas.so.12", "libcublas.so"], ["cublas64_13.dll", "cublas64_12.dll"]));

    private static readonly Lazy<NativeLibrarySearch> LazyNccl = new(() => Search("NCCL", ["libnccl.so.2", "libnccl.so"], ["nccl.dll"]));

    private static int _installed;

    public static NativeLibrarySearch Driver => LazyDriver.Value;

    public static NativeLibrarySearch Nvrtc => LazyNvrtc.Value;

    public static NativeLibrarySearch CublasLt => LazyCublasLt.Value;

    public static NativeLibrarySearch Cublas => LazyCublas.Value;

    public static NativeLibrarySearch Nccl => LazyNccl.Value;

    /// <summary>The driver's CUDA version: 13000 is 13.0; 0 without a driver.</summary>
    public static int DriverVersion
    {
        get
        {
            if (Driver.Handle == 0) return 0;
            var get = (delegate* unmanaged<int*, int>)NativeLibrary.GetExport(Driver.Handle, "cuDriverGetVersion");
            int version;
            return get(&version) == 0 ? version : 0;
        }
    }

    /// <summary>cuBLASLt's version, such as 13.1.0; empty without it.</summary>
    public static string CublasLtVersion
    {
        get
        {
            if (CublasLt.Handle == 0) return "";
            var version = (int)((delegate* unmanaged<nuint>)NativeLibrary.GetExport(CublasLt.Handle, "cublasLtGetVersion"))();
            return $"{version / 10000}.{version / 100 % 100}.{version % 100}";
        }
    }

    /// <summary>Lets the functions imported under the names of this class's libraries be found in them. Any class that imports calls it first.</summary>
    public static void InstallResolver()
    {
        if (Interlocked.Exchange(ref _installed, 1) == 0) NativeLibrary.SetDllImportResolver(typeof(CudaLibraries).Assembly, Resolve);
    }

    public static string VersionText(int version) => $"{version / 1000}.{version % 1000 / 10}";

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        var search = name switch
        {
            DriverApi.Library => Driver,
            NvrtcApi.Library => Nvrtc,
            "cublasLt" => CublasLt,
            "cublas" => Cublas,
            "nccl" => Nccl,
            _ => null,
        };
        if (search is null) return 0;
        return search.Handle != 0 ? search.Handle : throw new DeviceException(search.Report);
    }

    private static NativeLibrarySearch Search(string name, string[] linux, string[] windows, Func<nint, string?>? check = null) =>
        new(name, OperatingSystem.IsWindows() ? windows : linux, AskedFolders(), ToolkitFolders(), check);

    private static IEnumerable<string> AskedFolders()
    {
        var asked = Environment.GetEnvironmentVariable("SSM_CUDA_LIBS") ?? "";
        foreach (var folder in asked.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            yield return folder;

            // The wheels' common folder (site-packages/nvidia) has one folder for each library.
            if (!Directory.Exists(folder)) continue;
            foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            {
                foreach (var leaf in (string[])["lib", "bin", Path.Combine("bin", "x86_64")])
                {
                    if (Directory.Exists(Path.Combine(inner, leaf))) yield return Path.Combine(inner, leaf);
                }
            }
        }
    }

    private static IEnumerable<string> ToolkitFolders()
    {
        var roots = new List<string>();
        foreach (var variable in (string[])["CUDA_HOME", "CUDA_PATH"])
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } root) roots.Add(root);
        }

        const string Usual = "/usr/local";
        if (!OperatingSystem.IsWindows() && Directory.Exists(Usual))
            roots.AddRange(Directory.EnumerateDirectories(Usual, "cuda*").Order(StringComparer.Ordinal));
        return roots.SelectMany(root => new[] { "lib64", "lib", "bin", Path.Combine("bin", "x64") }.Select(leaf => Path.Combine(root, leaf)));
    }

    // Machine code of a newer major version than the driver's does not load.
    private static string? NvrtcProblem(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "nvrtcVersion", out var export) || !NativeLibrary.TryGetExport(handle, "nvrtcGetCUBIN", out _))
            return "it is no NVRTC of version 11.2 or newer";
        int major, minor;
        var code = ((delegate* unmanaged<int*, int*, int>)export)(&major, &minor);
        if (code != 0) return $"it does not tell its version (error {code})";
        var driver = DriverVersion;
        return driver != 0 && major > driver / 1000 ? $"its version {major}.{minor} is newer than the driver's CUDA {VersionText(driver)}" : null;
    }

    private static string? CublasLtProblem(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "cublasLtGetVersion", out var export)) return "it has no cublasLtGetVersion";
        var major = (int)(((delegate* unmanaged<nuint>)export)() / 10000);
        var driver = DriverVersion;
        return driver != 0 && major > driver / 1000 ? $"its version {major} is newer than the driver's CUDA {VersionText(driver)}" : null;
    }
}
