namespace StateSpace.Tensors.Autograd;

/// <summary>One recorded operation: what the reverse pass needs of it, and the gradients that have arrived at its outputs.</summary>
internal sealed class TapeRecord : IDisposable
{
    private readonly Source[] _sources;
    private readonly (Shape Shape, DType DType)[] _inputs;
    private readonly Tensor?[] _savedInputs;
    private readonly Tensor?[] _savedOutputs;
    private readonly (Shape Shape, DType DType)[] _outputs;
    private readonly Tensor?[] _outputGradients;

    public TapeRecord(Tape tape, Operation operation, Tensor[] inputs, Tensor[] outputs)
    {
        Tape = tape;
        Operation = operation;
        Device = inputs[0].Device;
        _sources = new Source[inputs.Length];
        _inputs = new (Shape, DType)[inputs.Length];
        _outputs = new (Shape, DType)[outputs.Length];
        _savedInputs = new Tensor?[inputs.Length];
        _savedOutputs = new Tensor?[outputs.Length];
        _outputGradients = new Tensor?[outputs.Length];
        var saves = operation.Saves;
        using var unscoped = TensorScope.Suspend();
        for (var i = 0; i < inputs.Length; i++)
        {
            var input = inputs[i];
            _inputs[i] = (input.Shape, input.DType);
            _sources[i] = new(input.RequiresGradient ? input : null, input.Producer, input.ProducerOutput);
            if (saves.HasFlag(Saved.Inputs)) _savedInputs[i] = input.Alias(input.Shape);
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            var output = outputs[i];
            _outputs[i] = (output.Shape, output.DType);
            if (saves.HasFlag(Saved.Outputs)) _savedOutputs[i] = output.Alias(output.Shape);
            output.Producer = this;
            output.ProducerOutput = i;
        }
    }

    public Tape Tape { get; }

    public Operation Operation { get; }

    public Device Device { get; }

    public bool IsReleased { get; private set; }

    public int InputCount => _inputs.Length;

    public int OutputCount => _outputs.Length;

    /// <summary>Whether any output has received a gradient.</summary>
    public bool IsReached => Array.Exists(_outputGradients, gradient => gradient is not null);

    public bool Needs(int input) => _sources[input].Leaf is not null || _sources[input].Producer is not null;

    public (Shape Shape, DType DType) InputInfo(int input) => _inputs[input];

    public (Shape Shape, DType DType) OutputInfo(int output) => _outputs[output];

    /// <summary>The leaves among the inputs.</summary>
    public IEnumerable<Tensor> Leaves => _sources.Where(source => source.Leaf is not null).Select(source => source.Leaf!);

    public Tensor Input(int input) => _savedInputs[input] ?? throw NotSaved("input", input);

    public Tensor Output(int output) => _savedOutputs[output] ?? throw NotSaved("output", output);

    public Tensor? OutputGradient(int output) => _outputGradients[output];

    /// <summary>Adds a gradient to what has arrived at an output.</summary>
    public void Receive(int output, Tensor gradient) =>
        GradientSum.Add(ref _outputGradients[output], gradient, _outputs[output].Shape, _outputs[output].DType, Operation.Name);

    /// <summary>The gradient of the leaf that an input is; null where it is none, has no gradient yet, or somebody else sees that memory.</summary>
    public Tensor? SumOf(int input) => _sources[input] is { Producer: null, Leaf.Gradient: { IsExclusive: true } sum } ? sum : null;

    /// <summary>Passes a gradient on to where an input came from.</summary>
    public void Give(int input, Tensor gradient)
    {
        var source = _sources[input];
        if (source.Producer is { } producer) producer.Receive(source.Output, gradient);
        if (source.Leaf is { } leaf)
        {
            var sum = leaf.Gradient;
            GradientSum.Add(ref sum, gradient, leaf.Shape, leaf.DType, Operation.Name, owned: true);
            leaf.Gradient = sum;
        }
    }

    /// <summary>Forgets the gradients that have arrived.</summary>
    public void ClearGradients()
    {
        for (var i = 0; i < _outputGradients.Length; i++)
        {
            _outputGradients[i]?.Dispose();
            _outputGradients[i] = null;
        }
    }

    public void Dispose()
    {
        IsReleased = true;
        ClearGradients();
        foreach (var tensor in _savedInputs) tensor?.Dispose();
        foreach (var tensor in _savedOutputs) tensor?.Dispose();
        Array.Clear(_savedInputs);
        Array.Clear(_savedOutputs);
        Array.Clear(_sources);
        Operation.ReleaseKept();
    }

    private InvalidOperationException NotSaved(string kind, int index) =>
        new($"{Operation.Name}: the gradient rule reads {kind} {index}, which is not among what the operation saves");

    /// <summary>Where an input came from: a leaf that accumulates a gradient, an earlier record, or neither.</summary>
    private readonly record struct Source(Tensor? Leaf, TapeRecord? Producer, int Output);
}
