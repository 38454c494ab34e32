namespace StateSpace.Tensors;

/// <summary>Kind of processor that holds a tensor and runs its operations.</summary>
public enum DeviceKind
{
    /// <summary>The host processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>Where a tensor lives.</summary>
/// <param name="Kind">Kind of processor.</param>
/// <param name="Index">Which of several, from 0.</param>
public readonly record struct Device(DeviceKind Kind, int Index)
{
    /// <summary>The host processor.</summary>
    public static Device Cpu => new(DeviceKind.Cpu, 0);

    /// <summary><c>cpu</c> or <c>cuda:0</c>.</summary>
    public override string ToString() => Kind == DeviceKind.Cpu ? "cpu" : $"cuda:{Index}";
}
