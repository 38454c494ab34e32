using System.Runtime.InteropServices;
using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda;

/// <summary>The CUDA driver or one of its libraries refused something.</summary>
public class CudaException : Exception
{
    /// <summary>An error that is none of the driver's codes.</summary>
    public CudaException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a cause.</summary>
    public CudaException(string message, Exception inner)
        : base(message, inner)
    {
    }

    internal CudaException(string what, int code)
        : base($"{what}: {Describe(code)}") => Code = code;

    /// <summary>The driver's result code; 0 where the error is none of the driver's.</summary>
    public int Code { get; }

    /// <summary>Throws where a result of the driver is an error.</summary>
    /// <param name="code">The result.</param>
    /// <param name="what">What was tried.</param>
    internal static void Check(int code, string what)
    {
        if (code != 0) throw new CudaException(what, code);
    }

    /// <summary>Name and text of a code: <c>CUDA_ERROR_INVALID_VALUE (1), invalid argument</c>.</summary>
    internal static unsafe string Describe(int code)
    {
        if (DriverApi.cuGetErrorName(code, out var name) != 0) return $"CUDA error {code}";
        var text = DriverApi.cuGetErrorString(code, out var pointer) == 0 ? $", {Marshal.PtrToStringUTF8((nint)pointer)}" : "";
        return $"{Marshal.PtrToStringUTF8((nint)name)} ({code}){text}";
    }
}

/// <summary>A device has no room for what was asked; the message says what asked for how much and what holds the rest.</summary>
public sealed class CudaOutOfMemoryException(string message) : CudaException(message);
