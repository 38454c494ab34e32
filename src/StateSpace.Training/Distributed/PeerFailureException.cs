namespace StateSpace.Training.Distributed;

/// <summary>Another process of a training failed or went away, so that this one cannot go on; the message is one line that says which and why.</summary>
public sealed class PeerFailureException(string message, Exception? inner = null) : Exception(message, inner);
