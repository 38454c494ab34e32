using System.Globalization;

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

    /// <summary>Whether this is the host processor.</summary>
    public bool IsCpu => Kind == DeviceKind.Cpu;

    /// <summary>An NVIDIA GPU.</summary>
    /// <param name="index">Which of several, from 0.</param>
    public static Device Cuda(int index = 0) => new(DeviceKind.Cuda, index);

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public static bool TryParse(string text, out Device device)
    {
        device = Cpu;
        if (text == "cpu") return true;
        var index = 0;
        if (text != "cuda" && !(text.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index)))
            return false;
        device = Cuda(index);
        return true;
    }

    /// <summary><c>cpu</c> or <c>cuda:0</c>.</summary>
    public override string ToString() => IsCpu ? "cpu" : $"cuda:{Index}";
}
