using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>Channels across lanes, runs of rows down a thread with the window in registers. Gradients of taps and bias by blocks, then over blocks.</summary>
internal static class CausalConvolutionCuda
{
    private const string Source = "CausalConvolution";
    private const int Threads = 128;
    private const int Warp = 32;
    private const int Runs = Threads / Warp;

    // Rows of a thread where there are enough of them to fill the device; fewer for short or few sequences.
    private const int ForwardRun = 32;
    private const int BackwardRun = 64;
    private const int ShortestRun = 8;

    public static void Forward(ConvolutionTensors inputs, Tensor y, Tensor final)
    {
        var (x, weight, bias, initial, resets, _) = inputs;
        if (y.Count == 0)
        {
            if (initial is null) final.Clear();
            else final.CopyFrom(initial);
            return;
        }

        var vector = Vector(inputs, 8);
        var (grid, run) = Layout(x, vector, ForwardRun);
        CudaKernel.For(x, Source, "causal_convolution_forward", Defines(inputs, vector)).Launch(
            grid, Threads, x, weight, bias, initial, resets, y, final, x.Shape[1], x.Shape[2], run);
    }

    public static void Backward(ConvolutionTensors inputs, Tensor gradient, Tensor? dfinal, Tensor dx, Tensor? dinitial, Tensor dweight, Tensor? dbias)
    {
        var (x, weight, bias, initial, resets, _) = inputs;
        var (batch, length, channels, taps) = (x.Shape[0], x.Shape[1], x.Shape[2], weight.Shape[1]);
        if (dinitial is { Count: > 0 })
        {
            CudaKernel.For(x, Source, "causal_convolution_initial", Defines(inputs, 1)).Launch(
                Grid.Cover(batch * channels, Threads), Threads, x, weight, bias, initial, resets, gradient, dfinal, dinitial, batch, length, channels);
        }

        if (x.Count == 0)
        {
            dweight.Clear();
            dbias?.Clear();
            return;
        }

        var vector = Vector(inputs, 4);
        var (grid, run) = Layout(x, vector, BackwardRun);
        using var partial = Tensor.Empty([grid.X, taps + 1, channels], weight.DType, x.Device);
        var defines = Defines(inputs, vector);
        CudaKernel.For(x, Source, "causal_convolution_backward", defines).Launch(
            grid, Threads, x, weight, bias, initial, resets, gradient, dfinal, dx, partial, length, channels, run);
        CudaKernel.For(x, Source, "causal_convolution_sums", defines).Launch(
            PartialSums.Blocks(partial.Shape[1] * channels), PartialSums.Threads, partial, dweight, dbias, partial.Shape[0], channels);
    }

    private static (Grid Grid, int Run) Layout(Tensor x, int vector, int longest)
    {
        var device = CudaDevice.Of(x.Device);
        var (batch, length, columns) = (x.Shape[0], x.Shape[1], Grid.Cover(x.Shape[2], Warp * vector));
        var run = longest;
        while (run > ShortestRun && batch * columns * Grid.Cover(length, run * Runs) < 4L * device.Multiprocessors) run /= 2;
        return ((batch * Grid.Cover(length, run * Runs), columns), run);
    }

    // Registers hold taps and windows of all of a thread's channels.
    private static int Vector(ConvolutionTensors inputs, int largest)
    {
        var vector = Math.Min(16 / inputs.X.DType.Size(), inputs.Weight.Shape[1] switch { <= 4 => largest, <= 8 => largest / 2, _ => 1 });
        while (inputs.X.Shape[2] % vector != 0) vector /= 2;
        return vector;
    }

    private static string[] Defines(ConvolutionTensors inputs, int vector) =>
    [
        $"TAPS={inputs.Weight.Shape[1]}", $"VEC={vector}", inputs.Activation == ConvolutionActivation.Silu ? "SILU=1" : "SILU=0",
        inputs.Resets is null ? "RESETS=0" : "RESETS=1",
    ];
}
