using System.Net;
using System.Net.Sockets;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Training.Distributed;

namespace StateSpace.Training.Tests.Distributed;

/// <summary>The rendezvous and the sockets, with a thread in place of each process.</summary>
public sealed class ProcessGroupTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_process_gets_what_process_0_tells(int size)
    {
        var told = new string[size];
        Together(size, group => told[group.Rank] = group.Payload);
        Assert.All(told, text => Assert.Equal("payload ä", text));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void An_average_has_the_same_bits_in_every_process_and_is_the_mean(int size)
    {
        var (averages, broadcasts) = (new float[size][], new double[size][]);
        Together(size, group =>
        {
            using var scope = new TensorScope();
            using var communicator = new SocketCommunicator(group);
            var values = Tensor.From<float>(0.1f + group.Rank, 3 * group.Rank, 1e-3f);
            var others = Tensor.From<double>(group.Rank, -group.Rank);
            communicator.Average([values]);
            communicator.Broadcast([others], root: size - 1);
            communicator.Wait();
            (averages[group.Rank], broadcasts[group.Rank]) = (values.ToArray<float>(), others.ToArray<double>());
        });
        Assert.All(averages, average => Assert.Equal(averages[0], average));
        Assert.Equal(0.1 + ((size - 1) / 2.0), averages[0][0], 1e-6);
        Assert.Equal(1e-3, averages[0][2], 1e-9);
        Assert.All(broadcasts, values => Assert.Equal([size - 1, 1 - size], values));
    }

    [Fact]
    public void The_failure_of_one_reaches_all_others_with_its_reason()
    {
        var reasons = new string?[3];
        using var barrier = new CountdownEvent(2);
        Together(3, group =>
        {
            if (group.Rank == 1)
            {
                group.Fail("the disk is full");
                Assert.True(barrier.Wait(Patience));
                return;
            }

            using var learned = new ManualResetEventSlim();
            group.Failed += failure =>
            {
                reasons[group.Rank] = failure.Message;
                learned.Set();
            };
            try
            {
                group.ThrowIfFailed();
            }
            catch (PeerFailureException failure)
            {
                // It came before anybody listened.
                reasons[group.Rank] ??= failure.Message;
                learned.Set();
            }

            Assert.True(learned.Wait(Patience));
            barrier.Signal();
        });
        Assert.Equal("process 1: the disk is full", reasons[0]);
        Assert.Equal("process 1: the disk is full", reasons[2]);
    }

    [Fact]
    public async Task A_process_that_falls_silent_is_taken_for_gone_and_one_that_only_computes_is_not()
    {
        var port = FreePort();
        var joining = Task.Run(() => ProcessGroup.Join(new(1, 3, 1, "127.0.0.1", port), Patience, new(TimeSpan.FromMilliseconds(50), Patience)));
        var silent = Task.Run(() => ProcessGroup.Join(new(2, 3, 2, "127.0.0.1", port), Patience, new(TimeSpan.Zero, Patience)));
        using var host = ProcessGroup.Host(new(0, 3, 0, "127.0.0.1", port), "", Patience, new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2)));
        using var first = await joining;
        using var second = await silent;
        foreach (var group in new[] { host, first })
        {
            Assert.True(SpinWait.SpinUntil(() => group.HasFailed, Patience));
            Assert.Equal("process 2 gave no sign of life any more", Assert.Throws<PeerFailureException>(group.ThrowIfFailed).Message);
        }
    }

    [Fact]
    public void A_process_that_is_abandoned_ends_itself_and_the_others()
    {
        var reasons = new string[2];
        using var listening = new Barrier(2);
        Together(2, group =>
        {
            using var learned = new ManualResetEventSlim();
            group.Failed += failure =>
            {
                reasons[group.Rank] = failure.Message;
                learned.Set();
            };
            listening.SignalAndWait();
            if (group.Rank == 1) group.Abandon("a link is broken");
            Assert.True(learned.Wait(Patience));
        });
        Assert.Equal(["process 1: a link is broken", "a link is broken"], reasons);
    }

    [Fact]
    public void A_process_that_does_not_come_is_named()
    {
        var environment = new LaunchEnvironment(0, 3, 0, "127.0.0.1", FreePort());
        var error = Assert.Throws<PeerFailureException>(() => ProcessGroup.Host(environment, "", TimeSpan.FromMilliseconds(200)));
        Assert.Contains("processes 1, 2 did not come", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_of_another_training_is_refused()
    {
        var port = FreePort();
        var joining = Task.Run(() => Assert.Throws<PeerFailureException>(() => ProcessGroup.Join(new(1, 4, 1, "127.0.0.1", port), Patience)));
        var refusing = Assert.Throws<PeerFailureException>(() => ProcessGroup.Host(new(0, 2, 0, "127.0.0.1", port), "", Patience));
        Assert.Contains("it was started as one of 4 processes, not of 2", refusing.Message, StringComparison.Ordinal);
        Assert.Contains("process 0 refuses", (await joining).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_process_0_the_others_give_up()
    {
        var error = Assert.Throws<PeerFailureException>(() => ProcessGroup.Join(new(1, 2, 1, "127.0.0.1", FreePort()), TimeSpan.FromMilliseconds(300)));
        Assert.Contains("process 0 at 127.0.0.1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Moments_are_shared_out_evenly_and_each_parameter_has_one_owner()
    {
        using var scope = new TensorScope();
        Parameter[] parameters = [.. new[] { 10, 1, 7, 4, 4, 2 }.Select((size, i) => new Parameter($"p{i}", Tensor.Zeros([size]), ParameterRole.Vector(new(size, AxisGrowth.Width))))];
        var owners = DataParallel.Owners(parameters, 2);
        var loads = owners.Zip(parameters).GroupBy(pair => pair.First).Select(group => group.Sum(pair => pair.Second.Value.Count));
        Assert.Equal([14L, 14L], loads);
        foreach (var parameter in parameters) parameter.Dispose();
    }

    private static void Together(int size, Action<ProcessGroup> work)
    {
        var port = FreePort();
        var threads = Enumerable.Range(0, size).Select(rank => Task.Factory.StartNew(
            () =>
            {
                var environment = new LaunchEnvironment(rank, size, rank, "127.0.0.1", port);
                using var group = rank == 0 ? ProcessGroup.Host(environment, "payload ä", Patience) : ProcessGroup.Join(environment, Patience);
                work(group);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        Task.WaitAll(threads);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
