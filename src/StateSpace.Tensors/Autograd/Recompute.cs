namespace StateSpace.Tensors.Autograd;

/// <summary>A part of a computation that keeps only its inputs and runs again in the reverse pass (Chen et al., 2016, arXiv 1604.06174).</summary>
internal sealed class Recompute : Operation
{
    private readonly Func<Tensor[], Tensor[]> _function;

    private Recompute(Func<Tensor[], Tensor[]> function) => _function = function;

    internal override bool ReadsLeaves => true;

    public static Tensor[] Apply(Func<Tensor[], Tensor[]> function, Tensor[] inputs)
    {
        if (inputs.Length == 0) throw new ArgumentException("Recompute needs at least one input", nameof(inputs));
        return new Recompute(function).Run(inputs);
    }

    protected internal override void Backward(GradientStep step)
    {
        var inputs = new Tensor[step.InputCount];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = step.Input(i).Detach();
            inputs[i].RequiresGradient = step.Needs(i);
        }

        using var tape = new Tape();
        var outputs = _function(inputs);
        var reached = Enumerable.Range(0, outputs.Length).Where(i => step.HasOutputGradient(i) && outputs[i].Producer is not null).ToList();
        tape.Backward([.. reached.Select(i => outputs[i])], [.. reached.Select(step.OutputGradient)]);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Gradient is { } gradient) step.Give(i, gradient);
        }
    }

    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        using var pause = Tape.Pause();
        using var scope = new TensorScope();
        var outputs = _function([.. inputs.Select(input => input.Detach())]);

        // An output may be an input handed through, or belong to an outer scope: give each a handle of its own.
        return [.. outputs.Select(output => scope.Keep(output.Detach()))];
    }

    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
    }

    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs)
    {
    }
}
