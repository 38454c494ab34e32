namespace StateSpace.Cli;

/// <summary>What the program tells its caller.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A check failed: a claim does not hold, a contract is broken, or the program itself failed.</summary>
    public const int CheckFailed = 1;

    /// <summary>Bad usage or bad input.</summary>
    public const int BadInput = 2;

    /// <summary>Stopped by Ctrl+C or a request to terminate.</summary>
    public const int Interrupted = 130;
}

/// <summary>The person asked for something that cannot be done; the message is one line that says what and what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The disk is full; the message says how much is needed and how to continue.</summary>
internal sealed class DiskFullException(string message, Exception inner) : Exception(message, inner);
