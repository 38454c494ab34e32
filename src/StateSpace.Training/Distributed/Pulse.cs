namespace StateSpace.Training.Distributed;

/// <summary>How processes notice that one is gone without a word: its machine lost, its network cut, itself stopped.</summary>
/// <param name="Beat">How often each says that it is there; never where not positive.</param>
/// <param name="Silence">After how long without a word a process is taken for gone.</param>
public readonly record struct Pulse(TimeSpan Beat, TimeSpan Silence)
{
    /// <summary>Within 30 seconds a training ends when a process does, whatever the way.</summary>
    public static Pulse Usual => new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(12));
}
