using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Cuda.Allocation;

namespace StateSpace.Tensors.Tests.Cuda;

/// <summary>What needs a GPU: launches, copies, memory, graphs.</summary>
public sealed unsafe class CudaDeviceTests
{
    [SkippableTheory]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    public void Arguments_of_every_kind_arrive(DType dtype)
    {
        var device = Gpu.Require();
        using var scope = new TensorScope();
        foreach (var count in new long[] { 1, 3, 255, 257, 100_000 })
        {
            var x = Tensor.Range(count, dtype).To(device.Device);
            var (y, numbers) = (x.EmptyLike(), Tensor.Empty([8], DType.Float64, device.Device));
            CudaKernel.For(x, "Probe", "probe_arguments").Launch(Grid.Cover(count, 256), 256, x, y, numbers, count, -7, 1L << 40, 2.5, 0.25f, 4_000_000_000u, 1UL << 50, -1, (Tensor?)null);
            Assert.Equal(Enumerable.Range(0, (int)count).Select(i => 2.5 * i), y.ToArray<double>());
            Assert.Equal([-7, 1L << 40, 2.5, 0.25, 4e9, 1L << 50, -1, 1], numbers.ToArray<double>());
        }
    }

    [SkippableFact]
    public void A_wrong_number_of_arguments_and_too_much_shared_memory_are_refused()
    {
        var device = Gpu.Require();
        var kernel = CudaKernel.For(device.Device, DType.Float32, "Probe", "probe_nothing");
        Assert.Contains("has 0 parameters and was given 1", Assert.Throws<CudaException>(() => kernel.Launch(1, 32, 1)).Message, StringComparison.Ordinal);
        var error = Assert.Throws<CudaException>(() => kernel.Launch(1, 32, sharedBytes: device.SharedMemoryPerBlock + 1, args: []));
        Assert.Contains("shared memory", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Shared_memory_beyond_the_default_is_given()
    {
        var device = Gpu.Require();
        using var sum = Tensor.Empty([1], DType.Float64, device.Device);
        foreach (var count in new[] { 10, 6144, 6145, device.SharedMemoryPerBlock / 8 })
        {
            CudaKernel.For(device.Device, DType.Float32, "Probe", "probe_shared").Launch(1, 128, sharedBytes: count * 8, args: [sum, count]);
            Assert.Equal(count * (count - 1.0) / 2, sum.Item());
        }
    }

    [SkippableFact]
    public void A_source_that_does_not_compile_shows_the_log_with_file_and_line()
    {
        var device = Gpu.Require();
        var error = Assert.Throws<CudaException>(() => CudaKernel.For(device.Device, DType.Float32, "Probe", "probe_nothing", "narrow=(", "WRONG=1"));
        Assert.Contains("does not compile", error.Message, StringComparison.Ordinal);
        Assert.Matches(@"\w+\.cuh?\(\d+\): error", error.Message);
    }

    [SkippableFact]
    public void Copies_larger_than_the_staging_buffers_and_small_ones_between_them_arrive()
    {
        var device = Gpu.Require();
        var random = new Random(3);
        foreach (var count in new[] { 1, 5, 7_000_000, 100, 2_097_152, 2_097_153, 3 })
        {
            using var scope = new TensorScope();
            var values = new float[count];
            for (var i = 0; i < count; i++) values[i] = random.NextSingle();
            var tensor = Tensor.Empty([count], DType.Float32, device.Device);
            var expected = (float[])values.Clone();
            fixed (float* source = values) device.CopyToDevice((byte*)source, tensor.Address(), 4L * count);
            Array.Clear(values);
            Assert.Equal(expected, tensor.Clone().ToArray<float>());
        }
    }

    [SkippableFact]
    public void Fills_of_every_width_write_every_element()
    {
        var device = Gpu.Require();
        foreach (var count in new[] { 1, 2, 3, 257, 100_001 })
        {
            using var tensor = Tensor.Empty([count], DType.Float64, device.Device);
            device.Transfers.Fill64((byte*)tensor.Address(), BitConverter.DoubleToUInt64Bits(1.7), count);
            Assert.All(tensor.ToArray<double>(), value => Assert.Equal(1.7, value));
        }
    }

    [SkippableFact]
    public void Released_memory_serves_the_next_tensor_and_forgotten_memory_comes_back()
    {
        var device = Gpu.Require();
        var first = Tensor.Empty([1_000_003], DType.Float32, device.Device);
        var address = first.Address();
        first.Dispose();
        using (var second = Tensor.Empty([1_000_003], DType.Float32, device.Device)) Assert.Equal(address, second.Address());

        var live = device.Memory.LiveBytes;
        Forget(device);
        for (var i = 0; i < 10 && device.Memory.LiveBytes > live; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.True(device.Memory.LiveBytes <= live);
    }

    [SkippableFact]
    public void Out_of_memory_says_what_asked_and_what_holds_the_rest()
    {
        var device = Gpu.Require();
        CudaMemory.Asking = "Trial";
        var error = Assert.Throws<CudaOutOfMemoryException>(() => Tensor.Empty([device.MemoryBytes], DType.Float64, device.Device));
        CudaMemory.Asking = null;
        foreach (var part in new[] { "asked for by Trial", "Tensors hold", "other processes", "GiB" }) Assert.Contains(part, error.Message, StringComparison.Ordinal);
        using var after = Tensor.Zeros([1000], DType.Float32, device.Device);
        Assert.Equal(0, after.GetValue(999));
    }

    [SkippableFact]
    public void A_graph_repeats_its_launches_in_memory_of_its_own()
    {
        var device = Gpu.Require();
        using var scope = new TensorScope();
        var input = Tensor.Ones([1000], DType.Float32, device.Device);
        var output = input.ZerosLike();
        var numbers = Tensor.Empty([8], DType.Float64, device.Device);
        var kernel = CudaKernel.For(input, "Probe", "probe_arguments");
        void Scale(Tensor x, Tensor y, double by) => kernel.Launch(Grid.Cover(x.Count, 256), 256, x, y, numbers, x.Count, 0, 0L, by, 0f, 0u, 0UL, 0, (Tensor?)null);

        using var graph = CudaGraph.Capture(device, () =>
        {
            using var between = input.EmptyLike();
            Scale(input, between, 3);
            Scale(between, output, 2);
        });
        Assert.Equal(2, graph.Nodes);
        Assert.Equal(0, output.GetValue(0));
        var others = Enumerable.Range(0, 30).Select(_ => Tensor.Full([1000], 42, DType.Float32, device.Device)).ToList();
        graph.Launch();
        Assert.All(output.ToArray<float>(), value => Assert.Equal(6, value));
        input.Fill(2);
        graph.Launch();
        Assert.All(output.ToArray<float>(), value => Assert.Equal(12, value));
        Assert.All(others, other => Assert.All(other.ToArray<float>(), value => Assert.Equal(42, value)));
        Assert.Throws<InvalidOperationException>(() => CudaGraph.Capture(device, () => input.GetValue(0)));
        graph.Launch();
        Assert.Equal(12, output.GetValue(999));
    }

    [SkippableFact]
    public void Another_thread_computes_while_a_graph_is_captured()
    {
        var device = Gpu.Require();
        using var scope = new TensorScope();
        var input = Tensor.Ones([1000], DType.Float32, device.Device);
        Tensor output = input.ZerosLike(), other = input.ZerosLike();
        var numbers = Tensor.Empty([8], DType.Float64, device.Device);
        var kernel = CudaKernel.For(input, "Probe", "probe_arguments");
        void Scale(Tensor y, double by) => kernel.Launch(Grid.Cover(input.Count, 256), 256, input, y, numbers, input.Count, 0, 0L, by, 0f, 0u, 0UL, 0, (Tensor?)null);

        var isOtherCapturing = true;
        using var graph = CudaGraph.Capture(device, () =>
        {
            var thread = new Thread(() =>
            {
                isOtherCapturing = device.IsCapturing;
                Scale(other, 5);
                device.Synchronize();
            });
            thread.Start();
            thread.Join();
            Assert.True(device.IsCapturing);
            Scale(output, 3);
        });
        Assert.False(isOtherCapturing || device.IsCapturing);
        Assert.Equal(1, graph.Nodes);
        Assert.Equal((0, 5), (output.GetValue(0), other.GetValue(999)));
        graph.Launch();
        Assert.Equal(3, output.GetValue(999));
    }

    [SkippableFact]
    public void Events_measure_the_device()
    {
        var device = Gpu.Require();
        using var start = new CudaEvent(device, timing: true);
        using var end = new CudaEvent(device, timing: true);
        using var tensor = Tensor.Empty([50_000_000], DType.Float32, device.Device);
        start.Record();
        tensor.Clear();
        end.Record();
        Assert.InRange(CudaEvent.Milliseconds(start, end), 0.001, 1000);
    }

    private static void Forget(CudaDevice device)
    {
        using var nobody = TensorScope.Suspend();
        for (var i = 0; i < 10; i++) _ = Tensor.Empty([1_000_000], DType.Float32, device.Device);
    }
}
