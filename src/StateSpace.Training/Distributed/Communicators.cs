using StateSpace.Tensors;

namespace StateSpace.Training.Distributed;

/// <summary>The communicator for a device.</summary>
public static class Communicators
{
    /// <summary>Makes it; every process of the group must.</summary>
    /// <param name="group">The processes; stays the caller's.</param>
    /// <param name="device">Where the tensors are.</param>
    public static ICommunicator Create(ProcessGroup group, Device device) =>
        device.IsCpu ? new SocketCommunicator(group) : new NcclCommunicator(group, device);
}
