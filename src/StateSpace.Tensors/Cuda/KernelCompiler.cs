using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda;

/// <summary>Compiles programs by NVRTC, once for each architecture; results are kept on disk.</summary>
internal static unsafe class KernelCompiler
{
    private static readonly Lazy<(int Major, int Minor, int[] Architectures)> Compiler = new(ReadCompiler);

    /// <summary>The compiler's version, such as 13.0.</summary>
    public static string Version => $"{Compiler.Value.Major}.{Compiler.Value.Minor}";

    /// <summary>The image of a program for a device: from the cache on disk, or compiled now.</summary>
    /// <param name="program">What to compile.</param>
    /// <param name="capability">The device's compute capability, such as 90.</param>
    /// <param name="wasCached">Whether the image came from disk.</param>
    /// <exception cref="CudaException">It does not compile; the message has the compiler's log.</exception>
    /// <exception cref="DeviceException">There is no usable NVRTC.</exception>
    public static byte[] Image(KernelProgram program, int capability, out bool wasCached)
    {
        if (CudaLibraries.Nvrtc.Handle == 0) throw new DeviceException(CudaLibraries.Nvrtc.Report);
        var options = Options(program, Target(capability, out var machineCode));
        var key = Key(program, options);
        var cached = KernelCache.Read(key);
        wasCached = cached is not null;
        if (cached is not null) return cached;
        var image = Compile(program, options, machineCode);
        KernelCache.Write(key, image);
        return image;
    }

    /// <summary>The compiler's options for a program.</summary>
    internal static string[] Options(KernelProgram program, string target) =>
        [$"--gpu-architecture={target}", "-std=c++17", "-default-device", .. program.Macros.Select(define => "-D" + define)];

    /// <summary>Name of a program's image in the cache: changes with the source, any header, the options and the compiler.</summary>
    internal static string Key(KernelProgram program, IReadOnlyList<string> options) => Key(program, options, Version);

    internal static string Key(KernelProgram program, IReadOnlyList<string> options, string compiler)
    {
        var text = new StringBuilder();
        text.Append(compiler).Append('\n').AppendJoin('\n', options).Append('\n').Append(KernelSource.Text(program.Source + ".cu"));
        foreach (var header in KernelSource.Headers) text.Append('\n').Append(header).Append('\n').Append(KernelSource.Text(header));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    // Machine code where the compiler knows the architecture; else code for the newest one it knows before it, which the driver translates.
    private static string Target(int capability, out bool machineCode)
    {
        var known = Compiler.Value.Architectures;
        machineCode = known.Length == 0 || known.Contains(capability);
        if (machineCode) return capability == 90 ? "sm_90a" : string.Create(CultureInfo.InvariantCulture, $"sm_{capability}");
        var older = known.Where(architecture => architecture < capability).DefaultIfEmpty(0).Max();
        if (older == 0) throw new DeviceException($"NVRTC {Version} knows no architecture as old as the device's sm_{capability}");
        return string.Create(CultureInfo.InvariantCulture, $"compute_{older}");
    }

    private static byte[] Compile(KernelProgram program, string[] options, bool machineCode)
    {
        using var texts = new NativeTexts();
        var headers = KernelSource.Headers;
        var bodies = texts.Array(headers.Select(KernelSource.Text));
        var names = texts.Array(headers);
        Check(NvrtcApi.nvrtcCreateProgram(out var created, texts.One(KernelSource.Text(program.Source + ".cu")), texts.One(program.Source + ".cu"), headers.Count, bodies, names), program);
        using var handle = new NvrtcProgramHandle(created);
        var code = NvrtcApi.nvrtcCompileProgram(handle.Value, options.Length, texts.Array(options));
        if (code != 0) throw new CudaException($"{program} does not compile ({ErrorText(code)}; {string.Join(' ', options)}):\n{Log(handle.Value)}");
        nuint size;
        Check(machineCode ? NvrtcApi.nvrtcGetCUBINSize(handle.Value, out size) : NvrtcApi.nvrtcGetPTXSize(handle.Value, out size), program);
        var image = new byte[size];
        fixed (byte* pointer = image)
        {
            Check(machineCode ? NvrtcApi.nvrtcGetCUBIN(handle.Value, pointer) : NvrtcApi.nvrtcGetPTX(handle.Value, pointer), program);
        }

        return image;
    }

    private static string Log(nint program)
    {
        if (NvrtcApi.nvrtcGetProgramLogSize(program, out var size) != 0 || size <= 1) return "(no log)";
        var text = new byte[size];
        fixed (byte* pointer = text)
        {
            return NvrtcApi.nvrtcGetProgramLog(program, pointer) == 0 ? Encoding.UTF8.GetString(text, 0, text.Length - 1) : "(no log)";
        }
    }

    private static void Check(int code, KernelProgram program)
    {
        if (code != 0) throw new CudaException($"NVRTC refuses {program}: {ErrorText(code)}");
    }

    private static string ErrorText(int code) => Marshal.PtrToStringUTF8((nint)NvrtcApi.nvrtcGetErrorString(code)) ?? $"error {code}";

    private static (int Major, int Minor, int[] Architectures) ReadCompiler()
    {
        NvrtcApi.nvrtcVersion(out var major, out var minor);
        if (NvrtcApi.nvrtcGetNumSupportedArchs(out var count) != 0) count = 0;
        var architectures = new int[count];
        fixed (int* pointer = architectures)
        {
            if (count > 0 && NvrtcApi.nvrtcGetSupportedArchs(pointer) != 0) architectures = [];
        }

        return (major, minor, architectures);
    }

    /// <summary>Texts in native memory, freed together.</summary>
    private sealed class NativeTexts : IDisposable
    {
        private readonly List<nint> _taken = [];

        public byte* One(string text)
        {
            var pointer = Marshal.StringToCoTaskMemUTF8(text);
            _taken.Add(pointer);
            return (byte*)pointer;
        }

        public byte** Array(IEnumerable<string> texts)
        {
            var all = texts.ToList();
            var array = (byte**)Marshal.AllocCoTaskMem(Math.Max(1, all.Count) * sizeof(byte*));
            _taken.Add((nint)array);
            for (var i = 0; i < all.Count; i++) array[i] = One(all[i]);
            return array;
        }

        public void Dispose()
        {
            foreach (var pointer in _taken) Marshal.FreeCoTaskMem(pointer);
        }
    }
}
