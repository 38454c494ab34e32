using System.Diagnostics.CodeAnalysis;

namespace StateSpace.Tensors.Cpu;

/// <summary>
/// The threads that run CPU kernels. A kernel cuts its work into chunks whose borders depend on the shapes alone, never on
/// the number of threads, so that a result has the same bits on every machine size.
/// </summary>
/// <remarks>
/// The number of threads is the processor count, or the environment variable <c>SSM_THREADS</c>. One loop runs on the team at
/// a time: a nested loop, or one that starts while another thread's loop is running, runs on its calling thread alone.
/// </remarks>
public static class CpuTeam
{
    private const int SpinsBeforeSleep = 2000;

    private static readonly Lock Owner = new();
    private static Worker[] _workers = [];
    private static int _threads = DefaultThreads();

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

    /// <summary>Runs <paramref name="body"/> for every chunk 0 … <paramref name="count"/> − 1, in no particular order.</summary>
    /// <param name="count">Number of chunks.</param>
    /// <param name="body">Work of one chunk; must not depend on the order in which chunks run.</param>
    /// <exception cref="AggregateException">A chunk threw; the others ran or were skipped.</exception>
    public static void For(int count, Action<int> body)
    {
        if (count <= 0) return;
        if (count == 1 || _threads == 1 || _inside || !Owner.TryEnter())
        {
            for (var i = 0; i < count; i++) body(i);
            return;
        }

        try
        {
            RunOnTeam(count, body);
        }
        finally
        {
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

    private static void RunOnTeam(int count, Action<int> body)
    {
        var helpers = Math.Min(_threads, count) - 1;
        if (_workers.Length < helpers) _workers = [.. _workers, .. Enumerable.Range(_workers.Length, helpers - _workers.Length).Select(i => new Worker(i))];
        var job = new Job(count, body);
        for (var i = 0; i < helpers; i++) _workers[i].Start(job);
        job.Work();
        job.WaitForAll();
    }

    private static int DefaultThreads() =>
        int.TryParse(Environment.GetEnvironmentVariable("SSM_THREADS"), out var threads) && threads >= 1 ? threads : Environment.ProcessorCount;

    private sealed class Job(int count, Action<int> body)
    {
        private int _next;
        private int _done;
        private Exception? _error;

        public void Work()
        {
            _inside = true;
            try
            {
                for (var i = Interlocked.Increment(ref _next) - 1; i < count; i = Interlocked.Increment(ref _next) - 1)
                {
                    try
                    {
                        if (_error is null) body(i);
                    }
                    catch (Exception error)
                    {
                        Interlocked.CompareExchange(ref _error, error, null);
                    }

                    Interlocked.Increment(ref _done);
                }
            }
            finally
            {
                _inside = false;
            }
        }

        public void WaitForAll()
        {
            var spin = new SpinWait();
            while (Volatile.Read(ref _done) < count) spin.SpinOnce(sleep1Threshold: -1);
            if (_error is not null) throw new AggregateException(_error);
        }
    }

    [SuppressMessage("Design", "CA1001", Justification = "A worker lives as long as the process.")]
    private sealed class Worker
    {
        private readonly ManualResetEventSlim _wake = new(false, SpinsBeforeSleep);
        private volatile Job? _job;

        public Worker(int index)
        {
            var thread = new Thread(Loop) { IsBackground = true, Name = $"cpu-team-{index}" };
            thread.Start();
        }

        public void Start(Job job)
        {
            _job = job;
            _wake.Set();
        }

        private void Loop()
        {
            while (true)
            {
                _wake.Wait();
                _wake.Reset();
                // A job whose chunks are all taken is harmless: Work finds none left.
                _job?.Work();
            }
        }
    }
}
