using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>
/// The recurrence on a GPU: chunks of time side by side, each from its own first state; the states between chunks come from a pass that
/// computes the chunks' ends and one that joins them.
/// </summary>
internal static class DiagonalRecurrenceCuda
{
    private const int Threads = 128;

    public static void Forward(RecurrenceTensors x, Tensor y, Tensor finalRe, Tensor? finalIm)
    {
        if (finalRe.Count == 0)
        {
            y.Clear();
            return;
        }

        using var scope = new TensorScope();
        var run = new Run(x);
        run.FindStates(finalRe, finalIm);
        run.OverChunks("recurrence_outputs", x.Input, run.LambdaRe, run.LambdaIm, run.WeightRe, run.WeightIm, x.Resets, run.StateRe, run.StateIm, y, x.Scale);
    }

    /// <summary>∂u, and of λ, w, as (D, N), and of the initial state.</summary>
    public static void Backward(RecurrenceTensors x, Tensor gradient, Tensor finalRe, Tensor? finalIm, RecurrenceGradients to)
    {
        if (to.InitialRe.Count == 0)
        {
            foreach (var tensor in (Tensor?[])[to.Input, to.LambdaRe, to.LambdaIm, to.WeightRe, to.WeightIm]) tensor?.Clear();
            return;
        }

        using var scope = new TensorScope();
        var run = new Run(x);
        run.FindStates(to.InitialRe.EmptyLike(), to.InitialIm?.EmptyLike());
        Tensor adjointRe = run.StateRe.EmptyLike();
        var adjointIm = run.StateIm?.EmptyLike();
        run.OverChunks("recurrence_adjoint_ends", gradient, run.LambdaRe, run.LambdaIm, run.WeightRe, run.WeightIm, x.Resets, adjointRe, adjointIm, x.Scale);
        run.OverStates("recurrence_adjoint_join", run.LambdaRe, run.LambdaIm, finalRe, finalIm, run.Forgets, adjointRe, adjointIm, to.InitialRe, to.InitialIm);
        run.OverChunks(
            "recurrence_gradients", x.Input, gradient, run.LambdaRe, run.LambdaIm, run.WeightRe, run.WeightIm, x.Resets,
            run.StateRe, run.StateIm, adjointRe, adjointIm, to.Input, x.Scale);
        run.Sum(run.StateRe, to.LambdaRe);
        run.Sum(adjointRe, to.WeightRe);
        if (run.StateIm is null) return;
        run.Sum(run.StateIm, to.LambdaIm!);
        run.Sum(adjointIm!, to.WeightIm!);
    }

    /// <summary>Sizes of a call, and the states before its chunks, (B, chunks, N, D).</summary>
    private sealed class Run
    {
        private readonly RecurrenceTensors _x;
        private readonly long _batch;
        private readonly long _length;
        private readonly long _channels;
        private readonly long _states;
        private readonly long _chunks;

        public Run(RecurrenceTensors x)
        {
            _x = x;
            (_batch, _length, _channels, _states) = (x.Input.Shape[0], x.Input.Shape[1], x.Input.Shape[2], x.LambdaRe.Shape[1]);
            var dtype = x.LambdaRe.DType;
            _chunks = Grid.Cover(_length, dtype == DType.Float64 ? 16 : 32);
            StateRe = Tensor.Empty([_batch, _chunks, _states, _channels], dtype, x.Input.Device);
            StateIm = x.LambdaIm is null ? null : StateRe.EmptyLike();
            Forgets = x.Resets is null ? null : Tensor.Empty([_batch, _chunks], DType.Int32, x.Input.Device);
            (LambdaRe, LambdaIm, WeightRe, WeightIm) = (Turned(x.LambdaRe)!, Turned(x.LambdaIm), Turned(x.WeightRe)!, Turned(x.WeightIm));
            Kernel("recurrence_turn").Launch(
                (Grid.Cover(_channels * _states, Threads), StateIm is null ? 2 : 4), Threads,
                x.LambdaRe, x.WeightRe, x.LambdaIm, x.WeightIm, LambdaRe, WeightRe, LambdaIm, WeightIm, _channels, _states);
        }

        /// <summary>λ as (N, D), and likewise the others.</summary>
        public Tensor LambdaRe { get; }

        public Tensor? LambdaIm { get; }

        public Tensor WeightRe { get; }

        public Tensor? WeightIm { get; }

        public Tensor StateRe { get; }

        public Tensor? StateIm { get; }

        /// <summary>Whether a chunk's end does not depend on what came before, where there are resets.</summary>
        public Tensor? Forgets { get; }

        public void FindStates(Tensor finalRe, Tensor? finalIm)
        {
            OverChunks("recurrence_ends", _x.Input, LambdaRe, LambdaIm, _x.Resets, StateRe, StateIm, Forgets);
            OverStates("recurrence_join", LambdaRe, LambdaIm, _x.InitialRe, _x.InitialIm, Forgets, StateRe, StateIm, finalRe, finalIm);
        }

        public void OverChunks(string function, params ReadOnlySpan<KernelArgument> args) => Launch(function, _batch * _chunks * _channels, args);

        public void OverStates(string function, params ReadOnlySpan<KernelArgument> args) => Launch(function, _batch * _states * _channels, args);

        public void Sum(Tensor parts, Tensor sum) =>
            Kernel("recurrence_sum").Launch(Grid.Cover(_states * _channels, 32), 256, parts, sum, _batch * _chunks, _channels, _states);

        private static Tensor? Turned(Tensor? parameter) => parameter is null ? null : Tensor.Empty([parameter.Shape[1], parameter.Shape[0]], parameter.DType, parameter.Device);

        private void Launch(string function, long threads, ReadOnlySpan<KernelArgument> args)
        {
            if (threads > 0) Kernel(function).Launch(Grid.Cover(threads, Threads), Threads, [.. args, _batch, _length, _channels, _states], 0);
        }

        private CudaKernel Kernel(string function) => CudaKernel.For(_x.Input, "DiagonalRecurrence", function, StateIm is null ? "COMPLEX=0" : "COMPLEX=1");
    }
}
