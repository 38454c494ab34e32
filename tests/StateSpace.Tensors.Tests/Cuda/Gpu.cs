using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Tests.Cuda;

/// <summary>The GPU that tests use; they skip with the reason where there is none.</summary>
internal static class Gpu
{
    public static CudaDevice Require()
    {
        var exists = CudaDevice.TryCreate(0, out var device, out var reason);
        Skip.IfNot(exists, reason);
        return device!;
    }
}
