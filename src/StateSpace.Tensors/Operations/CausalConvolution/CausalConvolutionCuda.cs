using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>Channels across lanes, runs of rows down a thread with the window in registers. Gradients of taps and bias by blocks, then over blocks.</summary>
internal static class CausalConvolutionCuda
{
    private const string Source = "CausalConvolution";
    private const int Threads = 128;
    private const int Warp = 32;
    private const int Runs = Threads / Warp;

    private const int RunStep = 8;
    private const int LongestRun = 256;
    private const int LargestVector = 4;

    // Rows under way while as many are computed.
    private const int ForwardAhead = 8;
    private const int BackwardAhead = 4;

    public static void Forward(ConvolutionTensors inputs, Tensor y, Tensor final)
    {
        var (x, weight, bias, initial, resets, _) = inputs;
        if (y.Count == 0)
        {
            if (initial is null) final.Clear();
            else final.CopyFrom(initial);
            return;
        }

        var vector = Vector(inputs);
        var kernel = CudaKernel.For(x, Source, "causal_convolution_forward", Defines(inputs, vector, ForwardAhead));
        var (blocks, _, run) = Layout(x, vector, kernel);
        kernel.Launch(
            blocks, Threads, x, weight, bias, initial, resets, y, final, x.Shape[1], x.Shape[2], run);
    }

    public static void Backward(ConvolutionTensors inputs, Tensor gradient, Tensor? dfinal, Tensor dx, Tensor? dinitial, Tensor dweight, Tensor? dbias)
    {
        var (x, weight, bias, initial, resets, _) = inputs;
        var (batch, length, channels, taps) = (x.Shape[0], x.Shape[1], x.Shape[2], weight.Shape[1]);
        if (dinitial is { Count: > 0 })
        {
            CudaKernel.For(x, Source, "causal_convolution_initial", Defines(inputs, 1, BackwardAhead)).Launch(
                Grid.Cover(batch * channels, Threads), Threads, x, weight, bias, initial, resets, gradient, dfinal, dinitial, batch, length, channels);
        }

        if (x.Count == 0)
        {
            dweight.Clear();
            dbias?.Clear();
            return;
        }

        var vector = Vector(inputs);
        var defines = Defines(inputs, vector, BackwardAhead);
        var kernel = CudaKernel.For(x, Source, "causal_convolution_backward", defines);
        var (blocks, groups, run) = Layout(x, vector, kernel);
        using var partial = Tensor.Empty([groups, taps + 1, channels], weight.DType, x.Device);
        kernel.Launch(
            blocks, Threads, x, weight, bias, initial, resets, gradient, dfinal, dx, partial, length, channels, run);
        CudaKernel.For(x, Source, "causal_convolution_sums", defines).Launch(
            PartialSums.Blocks(partial.Shape[1] * channels), PartialSums.Threads, partial, dweight, dbias, partial.Shape[0], channels);
    }

    // Blocks come in waves, as many at a time as the device holds: the length of a run is chosen for whole waves. A run reads about
    // as much as RunStep rows before it begins.
    private static (long Blocks, long Groups, int Run) Layout(Tensor x, int vector, CudaKernel kernel)
    {
        var (batch, length, columns) = (x.Shape[0], x.Shape[1], Grid.Cover(x.Shape[2], Warp * vector));
        var slots = (long)CudaDevice.Of(x.Device).Multiprocessors * Math.Max(1, 65536 / (Math.Max(32, kernel.Registers) * Threads));
        var (best, least) = (RunStep, long.MaxValue);
        for (var run = RunStep; run <= LongestRun; run += RunStep)
        {
            var cost = Grid.Cover(batch * columns * Grid.Cover(length, run * Runs), slots) * (run + RunStep);
            if (cost < least) (best, least) = (run, cost);
            if (run * Runs >= length) break;
        }

        var groups = batch * Grid.Cover(length, best * Runs);
        return (groups * columns, groups, best);
    }

    // Registers hold taps and windows of all of a thread's channels.
    private static int Vector(ConvolutionTensors inputs)
    {
        var vector = Math.Min(16 / inputs.X.DType.Size(), inputs.Weight.Shape[1] switch { <= 4 => LargestVector, <= 8 => LargestVector / 2, _ => 1 });
        while (inputs.X.Shape[2] % vector != 0) vector /= 2;
        return vector;
    }

    private static string[] Defines(ConvolutionTensors inputs, int vector, int ahead) =>
    [
        $"TAPS={inputs.Weight.Shape[1]}", $"VEC={vector}", inputs.Activation == ConvolutionActivation.Silu ? "SILU=1" : "SILU=0",
        inputs.Resets is null ? "RESETS=0" : "RESETS=1", $"AHEAD={ahead}",
    ];
}
