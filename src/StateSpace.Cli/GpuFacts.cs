using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Cuda.Communication;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Cli;

/// <summary>Which GPUs and libraries of NVIDIA are used, or why not.</summary>
internal static class GpuFacts
{
    public static IEnumerable<(string Name, string Value)> All()
    {
        // Each library is named whether the others are there or not: what is missing is what the reader looks for.
        var version = CudaLibraries.DriverVersion;
        var driver = CudaLibraries.Driver;
        var hasGpu = CudaDevice.TryCreate(0, out _, out var reason);
        yield return ("cuda", hasGpu ? string.Join('\n', Devices()) : $"not used: {reason}");
        if (driver.Handle != 0) yield return ("driver", $"CUDA {CudaLibraries.VersionText(version)}, {driver.Path}");
        yield return ("nvrtc", Library(CudaLibraries.Nvrtc, () => KernelCompiler.Version));
        yield return ("cublas", Library(CudaLibraries.CublasLt, () => CudaLibraries.CublasLtVersion));
        yield return ("nccl", Library(CudaLibraries.Nccl, () => Communicator.Version));
        if (hasGpu) yield return ("gpu kernels", $"{KernelVariants.All().Count} programs, cached in {KernelCache.Folder ?? "no folder: set SSM_CUDA_CACHE"}");
    }

    private static IEnumerable<string> Devices()
    {
        for (var index = 0; index < CudaDevice.Count; index++)
        {
            yield return CudaDevice.TryCreate(index, out var device, out var reason)
                ? $"cuda:{index} {device.Name}, compute capability {device.ComputeCapability.Major}.{device.ComputeCapability.Minor}, {device.Multiprocessors} multiprocessors, {device.MemoryBytes / 1073741824.0:f1} GiB of which {device.Memory.FreeBytes / 1073741824.0:f1} are free"
                : $"cuda:{index} cannot be used: {reason}";
        }
    }

    private static string Library(NativeLibrarySearch search, Func<string> version)
    {
        if (search.Handle == 0) return $"not used: {search.Report}";
        var rejected = search.Attempts.Where(attempt => attempt.Problem is not null && Path.IsPathRooted(attempt.Where)).ToList();
        return $"{version()}, {search.Path}" + (rejected.Count == 0 ? "" : $" (rejected: {string.Join("; ", rejected)})");
    }
}
