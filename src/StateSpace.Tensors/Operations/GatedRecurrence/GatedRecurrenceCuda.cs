using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.GatedRecurrence;

/// <summary>Launches of <c>GatedRecurrence.cu</c>: a thread for each element of a sequence.</summary>
internal static class GatedRecurrenceCuda
{
    private const int Threads = 128;

    public static void Forward(GatedRecurrenceTensors x, Tensor final) =>
        Launch(x, "gated_recurrence_forward", x.Gate, x.Input, x.Initial, x.Resets, x.H, final);

    public static void Backward(GatedRecurrenceTensors x, Tensor ofH, Tensor ofFinal, GatedRecurrenceGradients to) =>
        Launch(x, "gated_recurrence_backward", x.Gate, x.H, x.Initial, x.Resets, ofH, ofFinal, to.Gate, to.Input, to.Initial);

    private static void Launch(GatedRecurrenceTensors x, string function, params ReadOnlySpan<KernelArgument> args)
    {
        var (batch, length, width) = (x.Gate.Shape[0], x.Gate.Shape[1], x.Gate.Shape[2]);
        if (batch * width == 0) return;
        CudaKernel.For(x.Gate, "GatedRecurrence", function).Launch(Grid.Cover(batch * width, Threads), Threads, [.. args, batch, length, width], 0);
    }
}
