using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda;

/// <summary>A function of a compiled program on one device.</summary>
/// <example><code>
/// var kernel = CudaKernel.For(x, "RmsNorm", "rms_norm_forward");
/// kernel.Launch(rows, 256, x, weight, y, width, epsilon);
/// </code></example>
internal sealed unsafe class CudaKernel
{
    private const int DefaultLimit = 48 << 10;
    private const int MostArguments = 64;

    // Waits after each launch, so that an error is reported by the kernel that made it.
    private static readonly bool Synchronous = Environment.GetEnvironmentVariable("SSM_CUDA_SYNC") is { Length: > 0 } and not "0";

    private readonly CudaDevice _device;
    private readonly KernelProgram _program;
    private readonly string? _element;
    private readonly string[] _defines;
    private readonly int _parameters;
    private readonly int _staticBytes;
    private int _sharedLimit;

    internal CudaKernel(CudaDevice device, KernelProgram program, string function, string? element, string[] defines, nint handle)
    {
        (_device, _program, Function, _element, _defines, Handle) = (device, program, function, element, defines, handle);
        _parameters = CountParameters(handle);
        _staticBytes = Attribute(FunctionAttribute.SharedBytes);
        _sharedLimit = DefaultLimit - _staticBytes;
    }

    /// <summary>The function's name.</summary>
    public string Function { get; }

    /// <summary>The driver's handle.</summary>
    public nint Handle { get; }

    /// <summary>Registers of a thread.</summary>
    public int Registers => Attribute(FunctionAttribute.Registers);

    /// <summary>Bytes of a thread that did not fit into registers.</summary>
    public int LocalBytes => Attribute(FunctionAttribute.LocalBytes);

    internal CudaKernel? Next { get; init; }

    /// <summary>The kernel for a tensor's device, with ELEMENT as the tensor's type.</summary>
    /// <param name="tensor">Gives device and type.</param>
    /// <param name="source">Source file's name without <c>.cu</c>.</param>
    /// <param name="function">Function's name.</param>
    /// <param name="defines">More macros, as <c>NAME=VALUE</c>.</param>
    public static CudaKernel For(Tensor tensor, string source, string function, params ReadOnlySpan<string> defines) =>
        CudaDevice.Of(tensor.Device).Kernels.Find(source, function, Element(tensor.DType), defines);

    /// <summary>The kernel with ELEMENT as a given type.</summary>
    public static CudaKernel For(Device device, DType element, string source, string function, params ReadOnlySpan<string> defines) =>
        CudaDevice.Of(device).Kernels.Find(source, function, Element(element), defines);

    /// <summary>The kernel without ELEMENT.</summary>
    public static CudaKernel For(Device device, string source, string function, params ReadOnlySpan<string> defines) =>
        CudaDevice.Of(device).Kernels.Find(source, function, null, defines);

    /// <summary>A type's name in kernels.</summary>
    public static string Element(DType dtype) => dtype switch
    {
        DType.Float32 => "float",
        DType.Float64 => "double",
        DType.Int32 => "int",
        DType.Int64 => "i64",
        DType.BFloat16 => "bf16",
        _ => throw new CudaException($"kernels know no elements of the type {dtype}"),
    };

    /// <summary>Starts the kernel on the device's stream.</summary>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="args">Tensors (addresses) and numbers, as many as the function has parameters.</param>
    public void Launch(Grid grid, int block, params ReadOnlySpan<KernelArgument> args) => Launch(grid, block, args, 0);

    /// <summary>Starts the kernel with shared memory whose size is chosen now.</summary>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="args">Tensors (addresses) and numbers, as many as the function has parameters.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    [SkipLocalsInit]
    public void Launch(Grid grid, int block, ReadOnlySpan<KernelArgument> args, int sharedBytes)
    {
        if (args.Length != _parameters && (_parameters >= 0 || args.Length > MostArguments)) WrongCount(args.Length);
        if (sharedBytes > _sharedLimit) RaiseSharedLimit(sharedBytes);
        _device.MakeCurrent();
        var pointers = stackalloc void*[MostArguments];
        int code;
        fixed (KernelArgument* first = args)
        {
            for (var i = 0; i < args.Length; i++) pointers[i] = first + i;
            code = DriverApi.cuLaunchKernel(Handle, grid.X, grid.Y, grid.Z, (uint)block, 1, 1, (uint)sharedBytes, _device.Stream, pointers, null);
        }

        if (code != 0) Failed(code, grid, block, sharedBytes);
        if (Synchronous) Await();
    }

    /// <summary>Starts a kernel that may begin before the one before it has ended, and that waits for it itself where it needs its results (<c>griddepcontrol.wait</c>).</summary>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="args">Tensors (addresses) and numbers, as many as the function has parameters.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    [SkipLocalsInit]
    public void LaunchOverlapping(Grid grid, int block, ReadOnlySpan<KernelArgument> args, int sharedBytes = 0)
    {
        if (args.Length != _parameters && (_parameters >= 0 || args.Length > MostArguments)) WrongCount(args.Length);
        if (sharedBytes > _sharedLimit) RaiseSharedLimit(sharedBytes);
        _device.MakeCurrent();
        var pointers = stackalloc void*[MostArguments];
        var attribute = new LaunchAttribute { Id = LaunchAttribute.Overlap, Value = 1 };
        var configuration = new LaunchConfiguration
        {
            GridX = grid.X,
            GridY = grid.Y,
            GridZ = grid.Z,
            BlockX = (uint)block,
            BlockY = 1,
            BlockZ = 1,
            SharedBytes = (uint)sharedBytes,
            Stream = _device.Stream,
            Attributes = &attribute,
            AttributeCount = 1,
        };
        int code;
        fixed (KernelArgument* first = args)
        {
            for (var i = 0; i < args.Length; i++) pointers[i] = first + i;
            code = DriverApi.cuLaunchKernelEx(&configuration, Handle, pointers, null);
        }

        if (code != 0) Failed(code, grid, block, sharedBytes);
        if (Synchronous) Await();
    }

    /// <summary>Blocks that a multiprocessor holds at a time.</summary>
    public int BlocksPerMultiprocessor(int block, int sharedBytes = 0)
    {
        if (sharedBytes > _sharedLimit) RaiseSharedLimit(sharedBytes);
        CudaException.Check(DriverApi.cuOccupancyMaxActiveBlocksPerMultiprocessor(out var blocks, Handle, block, (nuint)sharedBytes), $"asking for the occupancy of {this}");
        return blocks;
    }

    public override string ToString() => $"{Function} of {_program}";

    internal bool Is(string source, string function, string? element, ReadOnlySpan<string> defines) =>
        Function == function && _program.Source == source && _element == element && defines.SequenceEqual(_defines);

    private static int CountParameters(nint handle)
    {
        try
        {
            var count = 0;
            while (count < MostArguments && DriverApi.cuFuncGetParamInfo(handle, (nuint)count, out _, out _) == 0) count++;
            return count;
        }
        catch (EntryPointNotFoundException)
        {
            return -1;
        }
    }

    private int Attribute(FunctionAttribute attribute)
    {
        _device.MakeCurrent();
        CudaException.Check(DriverApi.cuFuncGetAttribute(out var value, attribute, Handle), $"reading {attribute} of {this}");
        return value;
    }

    private void RaiseSharedLimit(int bytes)
    {
        if (bytes + _staticBytes > _device.SharedMemoryPerBlock)
            throw new CudaException($"{this} asks for {bytes + _staticBytes} bytes of shared memory; {_device} has {_device.SharedMemoryPerBlock} for a block");
        _device.MakeCurrent();
        CudaException.Check(DriverApi.cuFuncSetAttribute(Handle, FunctionAttribute.MaxDynamicSharedBytes, bytes), $"giving {this} {bytes} bytes of shared memory");
        _sharedLimit = bytes;
    }

    private void Await()
    {
        if (_device.IsCapturing) return;
        CudaException.Check(DriverApi.cuStreamSynchronize(_device.Stream), $"running {this}");
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WrongCount(int count) =>
        throw new CudaException($"{this} has {_parameters} parameters and was given {count} arguments");

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Failed(int code, Grid grid, int block, int sharedBytes) =>
        throw new CudaException($"launching {this} with {grid} blocks of {block} threads and {sharedBytes} bytes of shared memory", code);
}
