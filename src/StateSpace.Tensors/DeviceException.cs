namespace StateSpace.Tensors;

/// <summary>A device is not there or cannot be used; the message says what was searched and what was wrong.</summary>
public sealed class DeviceException(string message) : InvalidOperationException(message);
