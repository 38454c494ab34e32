using System.Text.Json;
using StateSpace.Models.Layers;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;

namespace StateSpace.Models.Tests;

public sealed class SequenceModelTests
{
    private static readonly SequenceModelConfiguration Small = new()
    {
        Vocabulary = 11,
        Width = 8,
        Blocks = [new(new S4dSettings { StateSize = 4 }, new MlpSettings()), new(new S4dSettings { StateSize = 6, Initialization = S4dInitialization.Real }, new SwiGluSettings())],
    };

    [Fact]
    public void A_prompt_at_once_equals_chunks_equals_tokens()
    {
        using var model = new SequenceModel(Small with { TiedHead = false, Norm = NormKind.Layer }, new(1));
        using var scope = new TensorScope();
        var ids = Ids(2, 19);
        var whole = model.Forward(ids);
        foreach (var chunk in new[] { 1, 4, 18 })
        {
            ModelOutput? output = null;
            for (long start = 0; start < 19; start += chunk)
            {
                output = model.Forward(ids.Slice(1, start, Math.Min(chunk, 19 - start)), output?.State, rows: LogitRows.Last);
                MixerContractLogits(whole.Logits!.Slice(1, output.State.Position - 1, 1), output.Logits!);
            }

            Assert.Equal(19, output!.State.Position);
        }

        static void MixerContractLogits(Tensor expected, Tensor actual) => Layers.MixerContract.Same(expected, actual, DType.Float32, "logits");
    }

    [Fact]
    public void The_same_seed_gives_the_same_values_whatever_else_the_model_holds()
    {
        using var model = new SequenceModel(Small, new(5));
        using var deeper = new SequenceModel(Small with { Blocks = [.. Small.Blocks, Small.Blocks[0]] }, new(5));
        using var other = new SequenceModel(Small, new(6));
        var name = "layers.1.mixer.ssm.c";
        Assert.Equal(Values(model, name), Values(deeper, name));
        Assert.NotEqual(Values(model, name), Values(other, name));

        static float[] Values(SequenceModel model, string name) => model.Parameters.Single(parameter => parameter.Name == name).Value.ToArray<float>();
    }

    [Fact]
    public void Every_parameter_gets_a_gradient_and_a_step_along_it_lowers_the_loss()
    {
        using var model = new SequenceModel(Small, new(2));
        using var scope = new TensorScope();
        var (ids, targets) = (Ids(2, 15), Ids(2, 15));
        double before;
        using (var tape = new Tape())
        {
            var loss = CrossEntropy.Apply(model.Forward(ids).Logits!, targets);
            tape.Backward(loss);
            before = loss.Item();
        }

        foreach (var parameter in model.Parameters)
        {
            Assert.True(parameter.Value.Gradient is not null, $"{parameter.Name} got no gradient");
            parameter.Value.CopyFrom(parameter.Value.Detach() - (parameter.Value.Gradient * 0.01));
        }

        Assert.True(CrossEntropy.Apply(model.Forward(ids).Logits!, targets).Item() < before);
    }

    [Fact]
    public void Rows_choose_the_logits_that_are_computed_and_hidden_lists_the_residual_stream()
    {
        using var model = new SequenceModel(Small, new(3));
        using var scope = new TensorScope();
        var hidden = new List<Tensor>();
        var ids = Ids(3, 4);
        Assert.Null(model.Forward(ids, rows: LogitRows.None, hidden: hidden).Logits);
        Assert.Equal([3L, 1, 11], model.Forward(ids, rows: LogitRows.Last).Logits!.Shape.ToArray());
        Assert.Equal(3, hidden.Count);
        Assert.All(hidden, values => Assert.Equal([3L, 4, 8], values.Shape.ToArray()));
    }

    [Fact]
    public void A_configuration_survives_JSON()
    {
        var read = SequenceModelConfiguration.Parse(Small.ToJson());
        Assert.Equal(Small.Blocks, read.Blocks);
        Assert.Equal(Small.ToJson(), read.ToJson());
        Assert.Contains("\"kind\": \"s4d\"", Small.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"vocabulary": 3, "width": 4, "blocks": []}""", "0 blocks")]
    [InlineData("""{"vocabulary": 3, "width": 4, "blocks": [{"mixer": {"kind": "s5d"}}]}""", "s5d")]
    [InlineData("""{"vocabulary": 3, "width": 4, "blocks": [{"mixer": {"kind": "s4d", "state": 3}}]}""", "state")]
    [InlineData("""{"vocabulary": 0, "width": 4, "blocks": [{"mixer": {"kind": "s4d"}}]}""", "vocabulary")]
    [InlineData("""{"width": 4, "blocks": [{"mixer": {"kind": "s4d"}}]}""", "vocabulary")]
    [InlineData("[]", "")]
    public void A_configuration_that_cannot_be_is_refused(string json, string named) =>
        Assert.Contains(named, Assert.ThrowsAny<JsonException>(() => SequenceModelConfiguration.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_model_without_a_seed_has_the_shapes_of_one_with_a_seed()
    {
        using SequenceModel seeded = new(Small, new(1)), empty = new(Small, null);
        Assert.Equal(seeded.Parameters.Select(parameter => parameter.ToString()), empty.Parameters.Select(parameter => parameter.ToString()));
    }

    public static TheoryData<string> Kinds => [.. ModelKinds.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_reads_packed_texts_in_chunks_as_it_reads_each_text_alone(string kind)
    {
        using var model = new SequenceModel(ModelKinds.Configure(kind, 11, 16, 4, kind == "hybrid" ? 3 : 1), new(8));
        using var scope = new TensorScope();
        const int Length = 21;
        int[] starts = [0, 3, 10, 20];
        var ids = Ids(1, Length);
        var resets = Tensor.From<int>([.. Enumerable.Range(0, Length).Select(t => t > 0 && starts.Contains(t) ? 1 : 0)], [1, Length]);
        var alone = Tensor.Concatenate(1, [.. starts.Select((start, i) => model.Forward(ids.Slice(1, start, (i + 1 < starts.Length ? starts[i + 1] : Length) - start)).Logits!)]);
        foreach (var chunk in new[] { Length, 1, 5 })
        {
            var logits = new List<Tensor>();
            ModelOutput? output = null;
            for (long start = 0; start < Length; start += chunk)
            {
                var length = Math.Min(chunk, Length - start);
                output = model.Forward(ids.Slice(1, start, length), output?.State, resets.Slice(1, start, length));
                logits.Add(output.Logits!);
            }

            Layers.MixerContract.Same(alone, Tensor.Concatenate(1, [.. logits]), DType.Float32, $"logits of packed texts in chunks of {chunk}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_saved_state_goes_on_to_the_same_bits_and_is_known_by_its_model_alone(string kind)
    {
        using var model = new SequenceModel(ModelKinds.Configure(kind, 11, 16, 4), new(8));
        using var other = new SequenceModel(ModelKinds.Configure(kind == "mamba" ? "h3" : "mamba", 11, 16, 4), new(8));
        using var folder = new Checkpoints.TemporaryFolder();
        using var scope = new TensorScope();
        var state = model.Forward(Ids(1, 9)).State;
        state.Save(folder.File("state.safetensors"));
        var loaded = Models.States.State.Load(folder.File("state.safetensors"));
        Assert.Null(model.WhyNotMine(loaded));
        Assert.NotNull(other.WhyNotMine(loaded));
        var next = Ids(1, 3);
        Assert.Equal(model.Forward(next, state).Logits!.ToArray<float>(), model.Forward(next, loaded).Logits!.ToArray<float>());
        Assert.Equal(model.Forward(next, state).Logits!.ToArray<float>(), model.Forward(Repeated(next, 3), state.Repeat(3)).Logits!.Slice(0, 2, 1).ToArray<float>());
        var wide = new Models.States.State(1, 9, [.. loaded.Parts.Select(part => (part.Name, part.Value.Rank > 1 ? part.Value.Pad(part.Value.Rank - 1, 0, 1) : part.Value))]);
        Assert.Contains("part '", model.WhyNotMine(wide), StringComparison.Ordinal);
    }

    private static Tensor Repeated(Tensor ids, int copies) => Tensor.Concatenate(0, [.. Enumerable.Repeat(ids, copies)]);

    private static Tensor Ids(int batch, int length) => Tensor.From<int>([.. Enumerable.Range(0, batch * length).Select(i => ((i * 7) + (i / 5)) % 11)], [batch, length]);
}
