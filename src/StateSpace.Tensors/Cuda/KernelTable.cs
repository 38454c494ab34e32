using System.Collections.Concurrent;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda;

/// <summary>The kernels that a device has loaded, found again without allocation.</summary>
internal sealed unsafe class KernelTable(CudaDevice device)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<int, CudaKernel> _kernels = new();
    private readonly Dictionary<string, KernelModuleHandle> _modules = new(StringComparer.Ordinal);

    /// <summary>Programs loaded so far.</summary>
    public int Modules => _modules.Count;

    /// <summary>A kernel; compiled and loaded where it is asked for the first time.</summary>
    public CudaKernel Find(string source, string function, string? element, ReadOnlySpan<string> defines)
    {
        var hash = Hash(source, function, element, defines);
        if (_kernels.TryGetValue(hash, out var first))
        {
            for (var kernel = first; kernel is not null; kernel = kernel.Next)
            {
                if (kernel.Is(source, function, element, defines)) return kernel;
            }
        }

        return Load(hash, source, function, element, defines.ToArray());
    }

    private static int Hash(string source, string function, string? element, ReadOnlySpan<string> defines)
    {
        var hash = (source.GetHashCode(StringComparison.Ordinal) * 31) + function.GetHashCode(StringComparison.Ordinal);
        if (element is not null) hash = (hash * 31) + element.GetHashCode(StringComparison.Ordinal);
        foreach (var define in defines) hash = (hash * 31) + define.GetHashCode(StringComparison.Ordinal);
        return hash;
    }

    private CudaKernel Load(int hash, string source, string function, string? element, string[] defines)
    {
        lock (_gate)
        {
            _kernels.TryGetValue(hash, out var first);
            for (var known = first; known is not null; known = known.Next)
            {
                if (known.Is(source, function, element, defines)) return known;
            }

            var program = new KernelProgram(source, element is null ? defines : ["ELEMENT=" + element, .. defines]);
            var module = Module(program);
            CudaException.Check(DriverApi.cuModuleGetFunction(out var handle, module.Value, function), $"finding {function} in {program}");
            var kernel = new CudaKernel(device, program, function, element, defines, handle) { Next = first };
            _kernels[hash] = kernel;
            return kernel;
        }
    }

    private KernelModuleHandle Module(KernelProgram program)
    {
        var name = program.ToString();
        if (_modules.TryGetValue(name, out var known)) return known;
        device.MakeCurrent();
        var image = KernelCompiler.Image(program, device.Capability, out _);
        fixed (byte* pointer = image)
        {
            CudaException.Check(DriverApi.cuModuleLoadData(out var handle, pointer), $"loading {program} on {device}");
            return _modules[name] = new(handle, device);
        }
    }
}
