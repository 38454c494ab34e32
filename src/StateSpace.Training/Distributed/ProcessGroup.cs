using System.Net;
using System.Net.Sockets;

namespace StateSpace.Training.Distributed;

/// <summary>
/// The processes of one training, connected as a star around process 0: a channel for data and one for failures each. When one process fails or goes
/// away, every other learns of it at once, with the reason; when its machine is lost or it is stopped, after <see cref="Pulse.Silence"/>.
/// </summary>
public sealed class ProcessGroup : IDisposable
{
    private const string Greeting = "statespace-1";
    private const string Goodbye = "done";
    private const string FailureMark = "failed ";
    private const string Alive = "alive";
    private const int LongestPayload = 16 << 20;

    private static readonly TimeSpan TimeToHear = TimeSpan.FromSeconds(1);

    private readonly PeerChannel?[] _data;
    private readonly PeerChannel?[] _control;
    private readonly Lock _gate = new();
    private string? _failure;
    private bool _ended;

    private ProcessGroup(LaunchEnvironment environment, PeerChannel?[] data, PeerChannel?[] control, string payload, Pulse pulse)
    {
        (Environment, _data, _control, Payload) = (environment, data, control, payload);
        for (var peer = 0; peer < control.Length; peer++)
        {
            if (control[peer] is not { } channel) continue;
            channel.Timeout = pulse.Silence;
            var number = peer;
            new Thread(() => Watch(number, channel)) { IsBackground = true, Name = $"watch process {peer}" }.Start();
        }

        if (pulse.Beat > TimeSpan.Zero) new Thread(() => Beat(pulse.Beat)) { IsBackground = true, Name = "heartbeat" }.Start();
    }

    /// <summary>Raised once, on another thread, when another process failed or this one was abandoned; then collective operations may never end by themselves.</summary>
    public event Action<PeerFailureException>? Failed;

    /// <summary>Ranks and address.</summary>
    public LaunchEnvironment Environment { get; }

    /// <summary>Number of this process.</summary>
    public int Rank => Environment.Rank;

    /// <summary>Number of processes.</summary>
    public int Size => Environment.Size;

    /// <summary>Whether this process or another failed.</summary>
    public bool HasFailed
    {
        get
        {
            lock (_gate) return _failure is not null;
        }
    }

    /// <summary>What process 0 told all: the same text in each.</summary>
    public string Payload { get; }

    /// <summary>Waits for every other process. For process 0.</summary>
    /// <param name="environment">Of this process.</param>
    /// <param name="payload">What every process shall get.</param>
    /// <param name="patience">How long to wait for all.</param>
    /// <param name="pulse">How the processes notice that one is gone without a word.</param>
    /// <exception cref="PeerFailureException">A process did not come, came twice or belongs to another training.</exception>
    public static ProcessGroup Host(LaunchEnvironment environment, string payload, TimeSpan patience, Pulse? pulse = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        using var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        Listen(listener, environment.Port);
        var (data, control) = (new PeerChannel?[environment.Size], new PeerChannel?[environment.Size]);
        try
        {
            var end = DateTime.UtcNow + patience;
            while (data.Skip(1).Concat(control.Skip(1)).Any(channel => channel is null))
            {
                var left = end - DateTime.UtcNow;
                if (left <= TimeSpan.Zero || !listener.Poll(left, SelectMode.SelectRead))
                    throw new PeerFailureException($"{Missing(data)} did not come to port {environment.Port} within {patience.TotalSeconds:0} s; look at what they wrote");
                Accept(new(listener.Accept()), environment.Size, data, control);
            }

            foreach (var channel in data.Skip(1)) channel!.SendText(payload);
            return new(environment, data, control, payload, pulse ?? Pulse.Usual);
        }
        catch (Exception error)
        {
            Close(data, control);
            if (error is IOException or SocketException) throw new PeerFailureException($"a process went away while all were gathering: {error.Message}", error);
            throw;
        }
    }

    /// <summary>Connects to process 0. For every other process.</summary>
    /// <param name="environment">Of this process.</param>
    /// <param name="patience">How long to wait for process 0, and for all others.</param>
    /// <param name="pulse">How the processes notice that one is gone without a word.</param>
    /// <exception cref="PeerFailureException">Process 0 is not there or refuses.</exception>
    public static ProcessGroup Join(LaunchEnvironment environment, TimeSpan patience, Pulse? pulse = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var (data, control) = (new PeerChannel?[environment.Size], new PeerChannel?[environment.Size]);
        try
        {
            var end = DateTime.UtcNow + patience;
            data[0] = Connect(environment, "data", end);
            control[0] = Connect(environment, "control", end);

            // Process 0 may wait for others, and may compute before it gathers.
            data[0]!.Timeout = patience;
            var payload = data[0]!.ReceiveText(LongestPayload);
            data[0]!.Timeout = Timeout.InfiniteTimeSpan;
            return new(environment, data, control, payload, pulse ?? Pulse.Usual);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            Close(data, control);
            throw new PeerFailureException($"process 0 at {environment.Host}:{environment.Port} went away or does not answer: {error.Message}", error);
        }
    }

    /// <summary>Tells every other process that this one cannot go on, so that they end too.</summary>
    /// <param name="reason">Why, in one line.</param>
    public void Fail(string reason)
    {
        lock (_gate)
        {
            if (_ended || _failure is not null) return;
            _failure = reason;
        }

        Tell($"{FailureMark}process {Rank}: {reason}", except: -1);
    }

    /// <summary>As <see cref="Fail"/>, found by a thread that is not the one which works: raises <see cref="Failed"/> here too.</summary>
    /// <param name="reason">Why, in one line.</param>
    internal void Abandon(string reason)
    {
        lock (_gate)
        {
            if (_ended || _failure is not null) return;
            _failure = reason;
        }

        Tell($"{FailureMark}process {Rank}: {reason}", except: -1);
        Failed?.Invoke(new(reason));
    }

    /// <summary>Throws where another process failed.</summary>
    /// <exception cref="PeerFailureException">One did.</exception>
    public void ThrowIfFailed()
    {
        lock (_gate)
        {
            if (_failure is not null) throw new PeerFailureException(_failure);
        }
    }

    /// <summary>Leaves in peace: the others do not take the end of this process for a failure.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_ended) return;
            _ended = true;
        }

        Tell(Goodbye, except: -1);
        Close(_data, _control);
    }

    /// <summary>Sends a block of data to a process.</summary>
    /// <exception cref="PeerFailureException">It is gone.</exception>
    internal void Send(int rank, ReadOnlySpan<byte> bytes)
    {
        try
        {
            To(rank).Send(bytes);
        }
        catch (IOException error)
        {
            throw Lost(rank, error);
        }
    }

    /// <summary>Receives a block of data of a known length from a process.</summary>
    /// <exception cref="PeerFailureException">It is gone.</exception>
    internal void Receive(int rank, Span<byte> bytes)
    {
        try
        {
            To(rank).Receive(bytes);
        }
        catch (IOException error)
        {
            throw Lost(rank, error);
        }
    }

    /// <summary>Receives a block of data of up to so many bytes from a process.</summary>
    /// <exception cref="PeerFailureException">It is gone.</exception>
    internal byte[] Receive(int rank, int most)
    {
        try
        {
            return To(rank).Receive(most);
        }
        catch (IOException error)
        {
            throw Lost(rank, error);
        }
    }

    private PeerChannel To(int rank) => _data[rank] ?? throw new InvalidOperationException($"process {Rank} has no channel to process {rank}");

    /// <summary>The end of a data channel may be seen before the reason, which comes by the other one.</summary>
    private PeerFailureException Lost(int rank, IOException error)
    {
        SpinWait.SpinUntil(() => HasFailed, TimeToHear);
        Abandon($"process {rank} went away");
        lock (_gate) return new(_failure ?? error.Message, error);
    }

    private static void Listen(Socket listener, int port)
    {
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            listener.Listen();
        }
        catch (SocketException error)
        {
            throw new PeerFailureException($"process 0 cannot listen at port {port}: {error.Message}; set MASTER_PORT to a free one", error);
        }
    }

    private static void Accept(PeerChannel channel, int size, PeerChannel?[] data, PeerChannel?[] control)
    {
        channel.Timeout = TimeSpan.FromSeconds(10);
        string[] words;
        try
        {
            words = channel.ReceiveText(most: 256).Split(' ');
        }
        catch (IOException)
        {
            // Somebody else's connection, such as a port scan, is no reason to end.
            channel.Dispose();
            return;
        }

        if (words is not [Greeting, var rankText, var sizeText, var kind] || !int.TryParse(rankText, out var rank) || rank < 1)
        {
            channel.Dispose();
            return;
        }

        var list = kind == "data" ? data : control;
        var problem = sizeText != size.ToString() ? $"it was started as one of {sizeText} processes, not of {size}"
            : rank >= size || list[rank] is not null ? $"there are two processes {rank}"
            : null;
        channel.SendText(problem ?? "");
        if (problem is not null) throw new PeerFailureException($"process {rank} does not belong here: {problem}");
        channel.Timeout = Timeout.InfiniteTimeSpan;
        list[rank] = channel;
    }

    private static PeerChannel Connect(LaunchEnvironment environment, string kind, DateTime end)
    {
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(environment.Host, environment.Port);
                var channel = new PeerChannel(socket);
                channel.SendText($"{Greeting} {environment.Rank} {environment.Size} {kind}");
                if (channel.ReceiveText(most: 1024) is { Length: > 0 } refusal) throw new PeerFailureException($"process 0 refuses: {refusal}");
                return channel;
            }
            catch (SocketException) when (DateTime.UtcNow < end)
            {
                // It may not be there yet.
                socket.Dispose();
                Thread.Sleep(100);
            }
        }
    }

    private static string Missing(PeerChannel?[] channels)
    {
        var missing = Enumerable.Range(1, channels.Length - 1).Where(rank => channels[rank] is null).ToList();
        return missing.Count == 0 ? "a process" : $"process{(missing.Count > 1 ? "es" : "")} {string.Join(", ", missing)}";
    }

    private static void Close(PeerChannel?[] data, PeerChannel?[] control)
    {
        foreach (var channel in data.Concat(control)) channel?.Dispose();
    }

    private void Watch(int peer, PeerChannel channel)
    {
        string reason;
        try
        {
            string text;
            do text = channel.ReceiveText();
            while (text == Alive);
            if (text == Goodbye) return;
            reason = text.StartsWith(FailureMark, StringComparison.Ordinal) ? text[FailureMark.Length..] : $"process {peer} sent '{text}'";
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            reason = error.InnerException is SocketException { SocketErrorCode: SocketError.TimedOut }
                ? $"process {peer} gave no sign of life any more"
                : $"process {peer} went away";
        }

        lock (_gate)
        {
            if (_ended || _failure is not null) return;
            _failure = reason;
        }

        Tell(FailureMark + reason, except: peer);
        Failed?.Invoke(new(reason));
    }

    /// <summary>Tells the others from time to time that this process is there, whatever its other threads wait for.</summary>
    private void Beat(TimeSpan interval)
    {
        while (true)
        {
            Thread.Sleep(interval);
            lock (_gate)
            {
                if (_ended || _failure is not null) return;
            }

            Tell(Alive, except: -1);
        }
    }

    private void Tell(string text, int except)
    {
        for (var peer = 0; peer < _control.Length; peer++)
        {
            if (peer == except || _control[peer] is not { } channel) continue;
            try
            {
                lock (channel) channel.SendText(text);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // It is gone and needs to know nothing.
            }
        }
    }
}
