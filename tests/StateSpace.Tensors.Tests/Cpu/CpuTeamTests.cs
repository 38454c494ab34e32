using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Tests.Cpu;

[Collection("CpuTeam")]
public sealed unsafe class CpuTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_chunk_runs_exactly_once(int threads)
    {
        WithThreads(threads, () =>
        {
            for (var count = 0; count < 300; count++)
            {
                var runs = new int[count];
                CpuTeam.For(count, i => Interlocked.Increment(ref runs[i]));
                Assert.All(runs, run => Assert.Equal(1, run));
            }
        });
    }

    [Fact]
    public void Loops_in_quick_succession_never_mix_their_chunks()
    {
        WithThreads(4, () =>
        {
            for (var loop = 0; loop < 20_000; loop++)
            {
                var sum = 0L;
                var count = 2 + (loop % 7);
                var state = (Loop: loop, Sum: (nint)(&sum));
                CpuTeam.For(count, &Add, &state);
                Assert.Equal((long)count * loop, sum);
            }
        });

        static void Add(int chunk, void* state)
        {
            var (loop, sum) = *((int Loop, nint Sum)*)state;
            Interlocked.Add(ref *(long*)sum, loop);
        }
    }

    [Fact]
    public void Workers_wake_from_sleep()
    {
        WithThreads(3, () =>
        {
            for (var i = 0; i < 5; i++)
            {
                Thread.Sleep(20);
                var threads = new HashSet<int>();
                CpuTeam.For(3, _ =>
                {
                    lock (threads) threads.Add(Environment.CurrentManagedThreadId);
                    SpinWait.SpinUntil(() => threads.Count == 3, TimeSpan.FromSeconds(5));
                });
                Assert.Equal(3, threads.Count);
            }
        });
    }

    [Fact]
    public void A_nested_loop_runs_on_its_own_thread()
    {
        WithThreads(2, () => CpuTeam.For(4, _ =>
        {
            var outer = Environment.CurrentManagedThreadId;
            CpuTeam.For(5, _ => Assert.Equal(outer, Environment.CurrentManagedThreadId));
        }));
    }

    [Fact]
    public void An_exception_reaches_the_caller_and_the_team_goes_on()
    {
        WithThreads(2, () =>
        {
            var thrown = Assert.Throws<AggregateException>(() => CpuTeam.For(10, i =>
            {
                if (i == 3) throw new InvalidOperationException("chunk 3");
            }));
            Assert.Equal("chunk 3", Assert.IsType<InvalidOperationException>(thrown.InnerException).Message);
            var sum = 0;
            CpuTeam.For(10, i => Interlocked.Add(ref sum, i));
            Assert.Equal(45, sum);
        });
    }

    [Fact]
    public void Loops_from_several_threads_at_once_all_complete()
    {
        WithThreads(3, () =>
        {
            var sums = new int[4];
            var threads = sums.Select((_, t) => new Thread(() =>
            {
                for (var i = 0; i < 500; i++) CpuTeam.For(7, chunk => Interlocked.Add(ref sums[t], chunk));
            })).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
            Assert.All(sums, sum => Assert.Equal(500 * 21, sum));
        });
    }

    [Fact]
    public void Blocks_cover_the_length_without_gaps()
    {
        var covered = new int[1003];
        CpuTeam.ForBlocks(covered.Length, 64, (start, end) =>
        {
            for (var i = start; i < end; i++) Interlocked.Increment(ref covered[i]);
        });
        Assert.All(covered, times => Assert.Equal(1, times));
    }

    private static void WithThreads(int threads, Action action)
    {
        var before = CpuTeam.Threads;
        try
        {
            CpuTeam.Threads = threads;
            action();
        }
        finally
        {
            CpuTeam.Threads = before;
        }
    }
}
