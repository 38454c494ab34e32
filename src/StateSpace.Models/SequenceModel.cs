using StateSpace.Models.HuggingFace;
using StateSpace.Models.Initialization;
using StateSpace.Models.Layers;
using StateSpace.Models.Parameters;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.Embedding;
using StateSpace.Tensors.Operations.MambaDecoding;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Models;

/// <summary>
/// A language model of any mixers: embedding, blocks with a norm before each layer and a residual around it, a final norm, a head.
/// </summary>
/// <remarks>
/// Parameters are named as in <c>embeddings.weight</c>, <c>layers.0.norm.weight</c>, <c>layers.0.mixer.in_proj.weight</c>, <c>norm_f.weight</c>,
/// <c>lm_head.weight</c>; state parts as in <c>layers.0.conv</c>.
/// </remarks>
public sealed class SequenceModel : Module
{
    private readonly Parameter _embedding;
    private readonly Normalization _finalNorm;
    private readonly string[] _prefixes;

    /// <summary>A model.</summary>
    /// <param name="configuration">What it is made from.</param>
    /// <param name="source">
    /// Where initial values come from: the same seed gives the same values. Null leaves them undefined, for weights that are loaded.
    /// </param>
    /// <exception cref="ArgumentException">A setting is out of range, or does not fit another.</exception>
    public SequenceModel(SequenceModelConfiguration configuration, RandomSource? source)
        : this(configuration, new InitialValues(source))
    {
    }

    private SequenceModel(SequenceModelConfiguration configuration, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        Configuration = configuration;
        using var scope = new TensorScope();
        Fan width = new(configuration.Width, AxisGrowth.Width), vocabulary = new(configuration.Vocabulary, AxisGrowth.Fixed);
        var table = values.Of("embeddings").Normal([vocabulary.Size, width.Size], configuration.EmbeddingDeviation);
        var lookup = new ParameterRole([AxisGrowth.Fixed, AxisGrowth.Width], new(1, AxisGrowth.Fixed), width, configuration.EmbeddingDeviation);
        _embedding = Add(new Parameter("embeddings.weight", table, lookup));
        _prefixes = [.. configuration.Blocks.Select((_, i) => $"layers.{i}")];
        Blocks = [.. configuration.Blocks.Select((settings, i) => Add(_prefixes[i], new Block(configuration, settings, values.Of(_prefixes[i]))))];
        _finalNorm = Add("norm_f", new Normalization(configuration.Norm, width, configuration.NormEpsilon, values));
        Head = configuration.TiedHead
            ? new(_embedding)
            : Add("lm_head", new Linear(vocabulary, width, values.Of("lm_head"), deviation: configuration.EmbeddingDeviation));
    }

    /// <summary>What the model is made from.</summary>
    public SequenceModelConfiguration Configuration { get; }

    /// <summary>The blocks from input to output.</summary>
    public IReadOnlyList<Block> Blocks { get; }

    /// <summary>From the final norm to the logits; its weight is the embedding's where tied.</summary>
    public Linear Head { get; }

    /// <summary>Type of the weights, and of the activations where <see cref="Activations"/> says nothing else.</summary>
    public DType DType => _embedding.Value.DType;

    /// <summary>Where the model computes.</summary>
    public Device Device => _embedding.Value.Device;

    /// <summary>
    /// Type of the activations within blocks and of the logits: BFloat16 beside Float32 weights on a GPU, or null for the weights' own. The residual
    /// stream and the states keep the weights' type.
    /// </summary>
    public DType? Activations
    {
        get => _finalNorm.ResultType;
        set
        {
            _finalNorm.ResultType = value;
            foreach (var block in Blocks) block.SetActivations(value);
        }
    }

    /// <summary>A model whose values are undefined and whose size is limited to that of the weights which it will take.</summary>
    internal static SequenceModel Within(SequenceModelConfiguration configuration, ParameterBudget budget) => new(configuration, InitialValues.Within(budget));

    /// <summary>The state before the first token.</summary>
    /// <param name="batch">Number of sequences B.</param>
    public State InitialState(long batch) => State.Join(batch, 0, [.. Blocks.Select((block, i) => (_prefixes[i], block.Mixer.InitialState(batch)))]);

    /// <summary>Whether a state, such as one from a file, is of this model: the same parts with the same sizes and types.</summary>
    /// <param name="state">The state.</param>
    /// <returns>What is wrong, in one line, or null where nothing is.</returns>
    public string? WhyNotMine(State state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var scope = new TensorScope();
        var own = InitialState(1).Parts;
        var parts = state.Parts.ToDictionary(part => part.Name, part => part.Value, StringComparer.Ordinal);
        foreach (var (name, value) in own)
        {
            if (!parts.Remove(name, out var given)) return $"the state has no part '{name}'";

            // Axis 0 is the batch; an axis that is empty at the start grows with what was read.
            var fits = given.Rank == value.Rank && given.DType == value.DType
                && Enumerable.Range(1, value.Rank - 1).All(axis => value.Shape[axis] == 0 || value.Shape[axis] == given.Shape[axis]);
            if (!fits) return $"part '{name}' of the state is {given}, but the model's is {value} for one sequence at the start";
        }

        return parts.Count == 0 ? null : $"the state has a part '{parts.Keys.First()}' that the model does not know";
    }

    /// <summary>Reads a piece of text.</summary>
    /// <param name="ids">Tokens, (B, L) of Int32 or Int64, L at least 1.</param>
    /// <param name="state">State after what was read before; that before the first token where null. It is not changed.</param>
    /// <param name="resets">(B, L) of Int32: where not zero, a new text starts, and this token and later ones see nothing before it; none where null.</param>
    /// <param name="rows">For which positions logits are computed.</param>
    /// <param name="hidden">Takes the residual stream, (B, L, D), before each block and after the last; null where nobody wants it.</param>
    /// <returns>Logits, final hidden values and the state after the piece.</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    /// <exception cref="IndexValueException">A token is not in the vocabulary.</exception>
    public ModelOutput Forward(Tensor ids, State? state = null, Tensor? resets = null, LogitRows rows = LogitRows.All, ICollection<Tensor>? hidden = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Rank != 2 || ids.Shape[1] == 0) throw new ShapeException(nameof(SequenceModel), $"ids must be (B, L) of integers with L at least 1, not {ids}");
        var x = Embedding.Apply(_embedding, ids, Configuration.PaddingToken);
        var states = new (string, State)[Blocks.Count];
        Tensor? added = null;
        for (var i = 0; i < Blocks.Count; i++)
        {
            Watch();
            (x, added, var next) = Blocks[i].Forward(x, added, state?.Scope(_prefixes[i]), resets);
            states[i] = (_prefixes[i], next);
        }

        Watch();
        (x, _) = _finalNorm.ApplyToSum(x, added);
        var after = State.Join(ids.Shape[0], (state?.Position ?? 0) + ids.Shape[1], states);
        return rows switch
        {
            LogitRows.All => new(Head.Apply(x), x, after),
            LogitRows.Last => new(Head.Apply(x.Slice(1, ids.Shape[1] - 1, 1)), x, after),
            _ => new(null, x, after),
        };

        // Who wants to see the stream gets the sum itself; otherwise the next norm makes it in passing.
        void Watch()
        {
            if (hidden is null) return;
            if (added is not null) (x, added) = (x + added, null);
            hidden.Add(x);
        }
    }

    /// <summary>Computes once what depends on the weights alone, for inference; see <see cref="SequenceMixer.Freeze"/>.</summary>
    public void Freeze()
    {
        foreach (var block in Blocks) block.Mixer.Freeze();
        foreach (var linear in Linears()) linear.Freeze();
    }

    /// <summary>Ends <see cref="Freeze"/>, before weights change.</summary>
    public void Thaw()
    {
        foreach (var block in Blocks) block.Mixer.Thaw();
        foreach (var linear in Linears()) linear.Thaw();
    }

    /// <summary>The weights as a decoder takes them, within the current scope, or null where the model is more than a plain stack of Mamba layers.</summary>
    internal MambaWeights? DecodingWeights()
    {
        if (DType != DType.Float32 || _finalNorm.Kind != NormKind.Rms || Head.Bias is not null || Blocks.Any(block => block.FeedForward is not null)) return null;
        var layers = Blocks.Select(block => (block.Mixer as Mamba)?.DecodingWeights(block.Norm)).ToList();
        return layers.Contains(null) ? null : new(_embedding, Head.Weight, _finalNorm.Weight, _finalNorm.Epsilon, [.. layers.OfType<MambaLayerWeights>()]);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // A tied head is no module of its own: its weight is the embedding's.
        Head.Thaw();
        Head.Packed?.Dispose();
        base.Dispose();
    }

    private static IEnumerable<Linear> Within(Module module) => module.Modules.SelectMany(entry => entry.Module is Linear linear ? [linear] : Within(entry.Module));

    private IEnumerable<Linear> Linears() => Within(this).Append(Head).Distinct();
}
