using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Models.Tokenization;
using StateSpace.Models.Verification;
using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Studies.Tests.FormalLanguages.Compiler;

/// <summary>Compiled networks against their automata, as models and as folders.</summary>
public sealed class NetworkTests
{
    [Theory]
    [InlineData("tomita-1", 5)]
    [InlineData("tomita-2", 7)]
    [InlineData("tomita-4", 7)]
    [InlineData("tomita-7", 7)]
    [InlineData("d-2", 7)]
    [InlineData("d-4", 6)]
    [InlineData("d-12", 3)]
    [InlineData("abcde-blocks", 3)]
    [InlineData("abd-bc", 4)]
    [InlineData("012-02", 5)]
    [InlineData("flip-flop", 3)]
    [InlineData("dyck-2-2", 4)]
    [InlineData("parity", 7)]
    [InlineData("aa-star", 20)]
    [InlineData("aaaa-star", 20)]
    [InlineData("abab-star", 7)]
    [InlineData("tomita-3", 7)]
    [InlineData("tomita-5", 7)]
    [InlineData("tomita-6", 7)]
    public void A_network_allows_what_the_automaton_allows_behind_every_short_word_and_in_a_long_text(string name, int length)
    {
        var compiler = RegularCompiler.Of(LanguageCatalog.FindRegular(name).Automaton, Gates.Complex);
        using var model = compiler.Build();
        Assert.Null(NetworkCheck.Run(model, compiler.Automaton, length).Mismatch);
        Assert.Null(NetworkCheck.RunRandom(model, compiler.Automaton, texts: 1, length: 500));
    }

    [Theory]
    [InlineData("parity", Gates.Nonnegative, "the group C2 acts on level 1 of 1")]
    [InlineData("tomita-3", Gates.Nonnegative, "the group C2 acts on level 2 of 4")]
    [InlineData("tomita-5", Gates.Nonnegative, "the group C2×C2 acts on level 1 of 1")]
    [InlineData("tomita-6", Gates.Signed, "the group C3 acts on level 1 of 1")]
    public void Gates_that_cannot_follow_a_group_are_refused_by_its_name(string name, Gates gates, string reason)
    {
        var compiler = RegularCompiler.Of(LanguageCatalog.FindRegular(name).Automaton, gates);
        Assert.StartsWith(reason, compiler.Certificate.Refusal, StringComparison.Ordinal);
        Assert.StartsWith(reason, Assert.Throws<StudyInputException>(compiler.Build).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tomita-7", Gates.Nonnegative)]
    [InlineData("tomita-3", Gates.Signed)]
    [InlineData("tomita-5", Gates.Signed)]
    [InlineData("abab-star", Gates.Signed)]
    public void A_network_has_no_wider_gates_than_were_allowed_and_is_exact_in_fixed_point(string name, Gates gates)
    {
        var language = LanguageCatalog.FindRegular(name);
        var layout = RegularCompiler.Of(language.Automaton, gates).Layout();
        Assert.Equal(gates, layout.Gates);
        var run = new LayoutSimulation<long>(layout, new FixedPoint(4));
        Assert.Equal(0, ConstructionCheck.Exhaustive(language, run, recognizes: true, 8, new(_ => { }, CancellationToken.None)).Wrong);
    }

    [Theory]
    [InlineData("tomita-1", 5)]
    [InlineData("tomita-7", 7)]
    [InlineData("d-4", 6)]
    [InlineData("012-02", 5)]
    [InlineData("abcde-blocks", 3)]
    [InlineData("flip-flop", 3)]
    [InlineData("dyck-2-2", 4)]
    public void Mamba_blocks_alone_allow_the_same_and_are_written_as_transformers_has_them(string name, int length)
    {
        var folder = Directory.CreateTempSubdirectory("ssm-compiled-").FullName;
        try
        {
            var network = RegularCompiler.Of(LanguageCatalog.FindRegular(name).Automaton).Network();
            using (var model = network.Build(asMamba: true)) CompiledFolder.Write(folder, network, model);
            using var loaded = ModelFolder.Load(folder);
            Assert.Equal("mamba", loaded.Architecture);
            Assert.Null(network.CheckWords(loaded.Model, length).Mismatch);
            Assert.Null(network.CheckText(loaded.Model, 5000));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("shuffle-2", 5)]
    [InlineData("dyck-2-3", 5)]
    [InlineData("d-12", 6)]
    public void Counters_are_Mamba_blocks_too(string name, int length)
    {
        var network = CountingCompiler.Of(name).Network();
        using var model = network.Build(asMamba: true);
        Assert.Null(network.CheckWords(model, length).Mismatch);
        Assert.Null(network.CheckText(model, 5000));
    }

    [Fact]
    public void Gates_of_both_signs_are_no_Mamba() => Assert.Contains(
        "signed gates are not those of Mamba",
        Assert.Throws<StudyInputException>(() => RegularCompiler.Of(LanguageCatalog.FindRegular("parity").Automaton, Gates.Signed).Network().Build(asMamba: true)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_group_that_is_not_abelian_is_refused_with_all_gates()
    {
        // a swaps two of three states, b turns all three.
        var swaps = new FiniteAutomaton("ab", 0, new[,] { { 1, 1 }, { 0, 2 }, { 2, 0 } }, [true, false, false]);
        Assert.StartsWith("the group S3 acts on level 1 of 1, and it is not abelian", RegularCompiler.Of(swaps, Gates.Complex).Certificate.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Nonnegative_networks_have_real_layers_alone_and_one_for_each_level()
    {
        var compiler = RegularCompiler.Of(LanguageCatalog.FindRegular("dyck-2-2").Automaton);
        using var model = compiler.Build();
        Assert.Equal(compiler.Certificate.Layers, model.Blocks.Count);
        Assert.All(model.Configuration.Blocks, block => Assert.False(Assert.IsType<S6Settings>(block.Mixer).Complex));
        Assert.Equal(compiler.Certificate.Channels, model.Configuration.Blocks.Sum(block => ((S6Settings)block.Mixer).StateSize));
    }

    [Theory]
    [InlineData("tomita-7")]
    [InlineData("abab-star")]
    public void A_written_folder_verifies_allows_the_same_and_has_a_token_for_each_letter(string name)
    {
        var folder = Directory.CreateTempSubdirectory("ssm-compiled-").FullName;
        try
        {
            var compiler = RegularCompiler.Of(LanguageCatalog.FindRegular(name).Automaton, Gates.Complex);
            using (var model = compiler.Build()) CompiledFolder.Write(folder, compiler.Network(), model);
            Assert.True(ModelVerifier.Verify(folder).Holds);
            using var loaded = ModelFolder.Load(folder);
            Assert.Null(NetworkCheck.Run(loaded.Model, compiler.Automaton, 4).Mismatch);
            var tokenizer = Tokenizers.Load(folder);
            Assert.Equal([0, 1, 1], tokenizer.Encode(string.Concat(compiler.Automaton.Alphabet[0], compiler.Automaton.Alphabet[1], compiler.Automaton.Alphabet[1])));
            Assert.Equal(2, tokenizer.EndOfText);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_compiled_network_can_be_trained_on_every_weight_has_a_finite_gradient()
    {
        var compiler = RegularCompiler.Of(LanguageCatalog.FindRegular("abab-star").Automaton, Gates.Complex);
        using var model = compiler.Build();
        using var scope = new TensorScope();
        using var tape = new Tape();
        tape.Backward(model.Forward(Tensor.From<int>([0, 1, 0, 1, 2, 0, 1], [1, 7])).Logits!.Square().Sum());
        Assert.All(model.Parameters, parameter => Assert.All(parameter.Value.Gradient!.ToArray<float>(), value => Assert.True(float.IsFinite(value), parameter.Name)));
    }

    [Fact]
    public void A_symbol_outside_ASCII_cannot_be_written_to_a_folder() =>
        Assert.Contains("'é' cannot be a token", Assert.Throws<StudyInputException>(() => CompiledFolder.RequireTokens("aé")).Message, StringComparison.Ordinal);
}
