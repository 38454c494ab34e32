using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda.Gemm;

/// <summary>Matrix products on a device, by cuBLASLt: a plan for each shape, found once, and scratch memory that all of them share.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "it lives as long as its device, which is as long as the process")]
internal sealed unsafe class CudaGemm
{
    /// <summary>What the library's own default is on Hopper: enough for every split of the depth that it proposes.</summary>
    private const long WorkspaceBytes = 32L << 20;

    private static readonly ConcurrentDictionary<int, Lazy<CudaGemm>> Devices = new();

    private readonly CudaDevice _device;
    private readonly CublasLtHandle _library;
    private readonly Tensor _workspace;
    private readonly ConcurrentDictionary<GemmShape, Lazy<GemmPlan>> _plans = new();

    private CudaGemm(Device device)
    {
        _device = CudaDevice.Of(device);
        _device.MakeCurrent();
        CublasLtApi.Check(CublasLtApi.cublasLtCreate(out var library), "cublasLtCreate");
        _library = new(library, _device);
        using (TensorScope.Suspend()) _workspace = Tensor.Empty([WorkspaceBytes / sizeof(int)], DType.Int32, device);
    }

    /// <summary>
    /// Whether float32 products may run on the tensor cores, with operands rounded to 10 bits of mantissa (TF32): eight times as
    /// fast, errors of 5e-4. Off unless the user asks for it.
    /// </summary>
    public static bool AllowTensorFloat32 { get; set; }

    /// <summary>The products of a tensor's device.</summary>
    public static CudaGemm Of(Device device) => Devices.GetOrAdd(device.Index, static (_, device) => new(() => new CudaGemm(device)), device).Value;

    /// <summary>The type of products and sums for operands of a type.</summary>
    public static CublasComputeType ComputeOf(DType operands) => operands switch
    {
        DType.Float64 => CublasComputeType.Float64,
        DType.Float32 when AllowTensorFloat32 => CublasComputeType.Float32FastTensorFloat32,
        _ => CublasComputeType.Float32,
    };

    public static CublasDataType TypeOf(DType dtype) => dtype switch
    {
        DType.Float32 => CublasDataType.Float32,
        DType.Float64 => CublasDataType.Float64,
        DType.BFloat16 => CublasDataType.BFloat16,
        _ => throw new NotSupportedException($"there are no matrix products of {dtype}"),
    };

    /// <summary>C ← op(A) op(B), or that added to C where <paramref name="accumulate"/>.</summary>
    public void Multiply(in GemmShape shape, byte* left, byte* right, byte* result, bool accumulate)
    {
        _device.MakeCurrent();
        var plan = _plans.TryGetValue(shape, out var known) ? known : _plans.GetOrAdd(shape, Plan);

        // A product may be several kernels with sums in the workspace between them.
        var ready = plan.Value;
        lock (_device.Sequence) ready.Run(_library, left, right, result, accumulate, (byte*)_workspace.Address(), (nuint)WorkspaceBytes, _device.Stream);
    }

    private Lazy<GemmPlan> Plan(GemmShape shape) => new(() => new GemmPlan(shape, _library, (ulong)WorkspaceBytes));
}
