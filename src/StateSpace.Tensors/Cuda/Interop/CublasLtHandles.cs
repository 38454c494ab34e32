namespace StateSpace.Tensors.Cuda.Interop;

/// <summary>The library's state for a device.</summary>
internal sealed class CublasLtHandle(nint value, CudaDevice device) : DeviceHandle(value, device)
{
    protected override int Free(nint value) => CublasLtApi.cublasLtDestroy(value);
}

/// <summary>Compute type, transposes and epilogue of a product.</summary>
internal sealed unsafe class CublasLtProductHandle : CudaHandle
{
    private CublasLtProductHandle(nint value)
        : base(value)
    {
    }

    public static CublasLtProductHandle Create(CublasComputeType compute, CublasDataType scale, bool transposeA, bool transposeB)
    {
        CublasLtApi.Check(CublasLtApi.cublasLtMatmulDescCreate(out var value, compute, scale), "cublasLtMatmulDescCreate");
        var handle = new CublasLtProductHandle(value);
        handle.Set(CublasLtProductAttribute.TransposeA, transposeA ? 1 : 0);
        handle.Set(CublasLtProductAttribute.TransposeB, transposeB ? 1 : 0);
        return handle;
    }

    protected override bool ReleaseHandle() => CublasLtApi.cublasLtMatmulDescDestroy(handle) == 0;

    private void Set(CublasLtProductAttribute attribute, int value) =>
        CublasLtApi.Check(CublasLtApi.cublasLtMatmulDescSetAttribute(handle, attribute, &value, sizeof(int)), $"cublasLtMatmulDescSetAttribute({attribute})");
}

/// <summary>Type, sizes and strides of an operand, column-major as the library has it.</summary>
internal sealed unsafe class CublasLtLayoutHandle : CudaHandle
{
    private CublasLtLayoutHandle(nint value)
        : base(value)
    {
    }

    /// <param name="type">Type of the elements.</param>
    /// <param name="rows">Rows, contiguous.</param>
    /// <param name="columns">Columns, without gaps.</param>
    /// <param name="batch">Number of matrices.</param>
    /// <param name="stride">Elements from one matrix to the next.</param>
    public static CublasLtLayoutHandle Create(CublasDataType type, long rows, long columns, int batch, long stride)
    {
        CublasLtApi.Check(CublasLtApi.cublasLtMatrixLayoutCreate(out var value, type, (ulong)rows, (ulong)columns, rows), "cublasLtMatrixLayoutCreate");
        var handle = new CublasLtLayoutHandle(value);
        if (batch > 1)
        {
            handle.Set(CublasLtLayoutAttribute.BatchCount, &batch, sizeof(int));
            handle.Set(CublasLtLayoutAttribute.StridedBatchOffset, &stride, sizeof(long));
        }

        return handle;
    }

    protected override bool ReleaseHandle() => CublasLtApi.cublasLtMatrixLayoutDestroy(handle) == 0;

    private void Set(CublasLtLayoutAttribute attribute, void* value, int bytes) =>
        CublasLtApi.Check(CublasLtApi.cublasLtMatrixLayoutSetAttribute(handle, attribute, value, (nuint)bytes), $"cublasLtMatrixLayoutSetAttribute({attribute})");
}

/// <summary>What a search for an algorithm may choose from.</summary>
internal sealed unsafe class CublasLtPreferenceHandle : CudaHandle
{
    /// <summary>Partial sums of a split depth are added in float32, in order, never in the result's type.</summary>
    private const uint ReductionInComputeType = 2;

    private CublasLtPreferenceHandle(nint value)
        : base(value)
    {
    }

    /// <param name="workspaceBytes">Scratch memory that is there.</param>
    /// <param name="alignmentA">Bytes that divide the address of the first operand.</param>
    /// <param name="alignmentB">Of the second.</param>
    /// <param name="alignmentC">Of the result.</param>
    public static CublasLtPreferenceHandle Create(ulong workspaceBytes, uint alignmentA, uint alignmentB, uint alignmentC)
    {
        CublasLtApi.Check(CublasLtApi.cublasLtMatmulPreferenceCreate(out var value), "cublasLtMatmulPreferenceCreate");
        var handle = new CublasLtPreferenceHandle(value);
        handle.Set(CublasLtPreferenceAttribute.MostWorkspaceBytes, &workspaceBytes, sizeof(ulong));
        handle.Set(CublasLtPreferenceAttribute.ReductionSchemes, ReductionInComputeType);
        handle.Set(CublasLtPreferenceAttribute.LeastAlignmentA, alignmentA);
        handle.Set(CublasLtPreferenceAttribute.LeastAlignmentB, alignmentB);
        handle.Set(CublasLtPreferenceAttribute.LeastAlignmentC, alignmentC);
        handle.Set(CublasLtPreferenceAttribute.LeastAlignmentD, alignmentC);
        return handle;
    }

    protected override bool ReleaseHandle() => CublasLtApi.cublasLtMatmulPreferenceDestroy(handle) == 0;

    private void Set(CublasLtPreferenceAttribute attribute, uint value) => Set(attribute, &value, sizeof(uint));

    private void Set(CublasLtPreferenceAttribute attribute, void* value, int bytes) =>
        CublasLtApi.Check(CublasLtApi.cublasLtMatmulPreferenceSetAttribute(handle, attribute, value, (nuint)bytes), $"cublasLtMatmulPreferenceSetAttribute({attribute})");
}
