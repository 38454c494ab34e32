using System.Diagnostics;

namespace StateSpace.Cli.Bench;

/// <summary>Timing for bench cases: medians over many short rounds, ours and the peer's by turns so that both see the same machine.</summary>
internal static class Stopclock
{
    private const int Rounds = 15;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(20);

    /// <summary>Median seconds of one call.</summary>
    public static double Median(Action action, CancellationToken cancellation) => Medians(action, null, cancellation).Ours;

    /// <summary>Median seconds of one call of each.</summary>
    public static (double Ours, double Peer) Medians(Action ours, Action? peer, CancellationToken cancellation)
    {
        var (calls, peerCalls) = (CallsPerRound(ours), peer is null ? 0 : CallsPerRound(peer));
        var (times, peerTimes) = (new double[Rounds], new double[Rounds]);
        for (var round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            times[round] = Time(ours, calls);
            if (peer is not null) peerTimes[round] = Time(peer, peerCalls);
        }

        Array.Sort(times);
        Array.Sort(peerTimes);
        return (times[Rounds / 2], peerTimes[Rounds / 2]);
    }

    // Doubles the calls until a round is long enough to time; this also lets the run-time compiler optimise them.
    private static int CallsPerRound(Action action)
    {
        for (var calls = 1; ; calls *= 2)
            if (Time(action, calls) * calls >= RoundTime.TotalSeconds || calls >= 1 << 20) return calls;
    }

    private static double Time(Action action, int calls)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++) action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }
}
