using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace StateSpace.Tensors.Cpu;

/// <summary>
/// The threads that run CPU kernels. A kernel cuts its work into chunks whose borders depend on the shapes alone, never on
/// the number of threads, so that a result has the same bits on every machine size.
/// </summary>
/// <remarks>
/// The number of threads is the processor count, or the environment variable <c>SSM_THREADS</c>. One loop runs on the team at
/// a time: a nested loop, or one that starts while another thread's loop is running, runs on its calling thread alone. A loop
/// allocates nothing. After a loop the workers look out for the next one for 0.1 ms before they sleep, so that a chain of
/// kernels pays less than a microsecond to start each.
/// </remarks>
public static unsafe class CpuTeam
{
    /// <summary>Index of a ticket that hands out no chunks; larger than any count.</summary>
    private const uint Closed = uint.MaxValue;

    private static readonly long SpinTicks = Stopwatch.Frequency / 10_000;
    private static readonly Lock Owner = new();
    private static Worker[] _workers = [];
    private static int _threads = DefaultThreads();

    private static Shared _shared = new() { Ticket = Closed };
    private static delegate*<int, void*, void> _body;
    private static void* _state;
    private static int _count;
    private static int _helpers;
    private static Action<int>? _action;
    private static Exception? _error;

    [ThreadStatic]
    private static bool _inside;

    /// <summary>Threads that share a loop, the caller included; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public static int Threads
    {
        get => _threads;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            lock (Owner) _threads = value;
        }
    }

    /// <summary>
    /// Keeps the loops of the calling thread on that thread alone, for a program that runs as many computations side by side as it has processors.
    /// </summary>
    /// <returns>Dispose it on the same thread to end that.</returns>
    public static IDisposable StayOnThread() => new Stay();

    /// <summary>Runs <paramref name="body"/> for every chunk 0 … <paramref name="count"/> − 1, in no particular order.</summary>
    /// <param name="count">Number of chunks.</param>
    /// <param name="body">Work of one chunk; must not depend on the order in which chunks run.</param>
    /// <exception cref="AggregateException">A chunk threw; the others ran or were skipped.</exception>
    public static void For(int count, Action<int> body)
    {
        if (count <= 0) return;
        if (!TryOwn(count))
        {
            for (var i = 0; i < count; i++) body(i);
            return;
        }

        try
        {
            _action = body;
            RunOnTeam(count, &RunAction, null);
        }
        finally
        {
            _action = null;
            Owner.Exit();
        }
    }

    /// <summary>Runs <paramref name="body"/>(start, end) over [0, <paramref name="length"/>) in blocks of <paramref name="block"/>.</summary>
    public static void ForBlocks(long length, long block, Action<long, long> body)
    {
        if (length <= block)
        {
            if (length > 0) body(0, length);
            return;
        }

        var count = checked((int)((length + block - 1) / block));
        For(count, i => body(i * block, Math.Min(length, (i + 1) * block)));
    }

    /// <summary>Runs <paramref name="body"/>(chunk, <paramref name="state"/>) as the other overload does, without a closure.</summary>
    internal static void For(int count, delegate*<int, void*, void> body, void* state)
    {
        if (count <= 0) return;
        if (!TryOwn(count))
        {
            for (var i = 0; i < count; i++) body(i, state);
            return;
        }

        try
        {
            RunOnTeam(count, body, state);
        }
        finally
        {
            Owner.Exit();
        }
    }

    private static bool TryOwn(int count) => count > 1 && _threads > 1 && !_inside && Owner.TryEnter();

    private static void RunAction(int chunk, void* state) => _action!(chunk);

    private static void RunOnTeam(int count, delegate*<int, void*, void> body, void* state)
    {
        var helpers = Math.Min(_threads, count) - 1;
        if (_workers.Length < helpers) _workers = [.. _workers, .. Enumerable.Range(_workers.Length, helpers - _workers.Length).Select(i => new Worker(i))];

        // The ticket is closed since the last loop, so a worker that still reads the fields below cannot claim with them.
        _body = body;
        _state = state;
        _count = count;
        _helpers = helpers;
        _error = null;
        _shared.Done = 0;
        var generation = (uint)(_shared.Ticket >> 32) + 1;
        Interlocked.Exchange(ref _shared.Ticket, (long)generation << 32);
        for (var i = 0; i < helpers; i++) _workers[i].Wake();

        _inside = true;
        Work(generation);
        _inside = false;

        var spin = new SpinWait();
        while (Volatile.Read(ref _shared.Done) < count) spin.SpinOnce(sleep1Threshold: -1);
        Interlocked.Exchange(ref _shared.Ticket, ((long)generation << 32) | Closed);
        if (_error is not null) throw new AggregateException(_error);
    }

    /// <summary>Claims and runs chunks of one loop until none is left.</summary>
    private static void Work(uint generation)
    {
        while (true)
        {
            // The fields belong to this generation if the ticket has not changed between this read and the exchange.
            var ticket = Volatile.Read(ref _shared.Ticket);
            var body = _body;
            var state = _state;
            var chunk = (uint)ticket;
            if ((uint)(ticket >> 32) != generation || chunk >= (uint)_count) return;
            if (Interlocked.CompareExchange(ref _shared.Ticket, ticket + 1, ticket) != ticket) continue;
            try
            {
                if (Volatile.Read(ref _error) is null) body((int)chunk, state);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref _error, error, null);
            }

            Interlocked.Increment(ref _shared.Done);
        }
    }

    private static int DefaultThreads() =>
        int.TryParse(Environment.GetEnvironmentVariable("SSM_THREADS"), out var threads) && threads >= 1 ? threads : Environment.ProcessorCount;

    private sealed class Stay : IDisposable
    {
        private readonly bool _before = _inside;

        public Stay() => _inside = true;

        public void Dispose() => _inside = _before;
    }

    /// <summary>The words that all threads write, each on a cache line (128 bytes: lines are fetched in pairs) of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Shared
    {
        /// <summary>Generation of the loop in the upper half, next chunk to claim in the lower half.</summary>
        [FieldOffset(128)]
        public long Ticket;

        [FieldOffset(256)]
        public int Done;
    }

    [SuppressMessage("Design", "CA1001", Justification = "A worker lives as long as the process.")]
    private sealed class Worker
    {
        private readonly int _index;
        private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
        private int _asleep;

        public Worker(int index)
        {
            _index = index;
            var thread = new Thread(Loop) { IsBackground = true, Name = $"cpu-team-{index}" };
            thread.Start();
        }

        public void Wake()
        {
            if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1) _wake.Set();
        }

        private void Loop()
        {
            _inside = true;
            var seen = 0u;
            while (true)
            {
                seen = WaitForLoopAfter(seen);
                if (_index < _helpers) Work(seen);
            }
        }

        private uint WaitForLoopAfter(uint seen)
        {
            var maySpin = _index + 1 < Environment.ProcessorCount;
            var start = Stopwatch.GetTimestamp();
            while (true)
            {
                var generation = (uint)(Volatile.Read(ref _shared.Ticket) >> 32);
                if (generation != seen) return generation;
                if (maySpin && Stopwatch.GetTimestamp() - start < SpinTicks)
                {
                    Thread.SpinWait(4);
                    continue;
                }

                // The exchange is a full fence: either this thread sees the new ticket, or the owner sees that it sleeps.
                Interlocked.Exchange(ref _asleep, 1);
                if ((uint)(Volatile.Read(ref _shared.Ticket) >> 32) == seen || Interlocked.Exchange(ref _asleep, 0) == 0)
                {
                    _wake.Wait();
                    _wake.Reset();
                }

                start = Stopwatch.GetTimestamp();
            }
        }
    }
}
