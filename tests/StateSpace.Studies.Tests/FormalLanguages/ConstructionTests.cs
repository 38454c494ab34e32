using StateSpace.Models.Layers;
using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.FormalLanguages;

public sealed class ConstructionTests
{
    private static readonly JobContext Context = new(_ => { }, CancellationToken.None);

    public static TheoryData<string> Names => [.. ConstructionCatalog.All.Select(entry => entry.Construction.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Construction_continues_every_short_word_as_the_oracle_does_in_fixed_point_and_as_layers_of_the_library(string name)
    {
        var (construction, length) = ConstructionCatalog.All.First(entry => entry.Construction.Name == name);

        // The study goes the whole length.
        var shorter = Math.Min(length, construction.Language.Alphabet.Length switch { 1 => 40, 2 => 10, <= 4 => 6, _ => 4 });
        FixedPoint numbers = new(construction.Layout.Gates == Gates.Complex ? 24 : 4);
        Assert.Equal(0, ConstructionCheck.Exhaustive(construction.Language, new LayoutSimulation<long>(construction.Layout, numbers), construction.Recognizes, shorter, Context).Wrong);
        Assert.Equal(0, ConstructionCheck.Exhaustive(construction.Language, new LayoutSimulation<float>(construction.Layout, new SinglePrecision()), construction.Recognizes, shorter, Context).Wrong);
        using var model = NetworkWriter.Write(construction.Layout);
        Assert.Null(NetworkCheck.RunPrefixes(model, construction.Language, shorter, construction.Recognizes).Mismatch);
        Assert.Null(NetworkCheck.RunTexts(model, construction.Language, [ConstructionCheck.Walk(construction.Language, 3000, new RandomSource(1))]));
    }

    [Fact]
    public void Construction_for_Dyck_8_10_has_31_channels_and_makes_no_error_in_a_long_text()
    {
        var construction = BracketConstructions.Dyck(8, 10);
        Assert.Equal((31, 2, Gates.Nonnegative), (construction.Layout.Cells, construction.Layout.Layers.Count, construction.Layout.Gates));
        var text = ConstructionCheck.Walk(construction.Language, 10_000, new RandomSource(1));
        Assert.Equal(0, ConstructionCheck.Wrong(construction.Language, () => new LayoutSimulation<long>(construction.Layout, new FixedPoint(4)), text, Context));
        using var model = NetworkWriter.Write(construction.Layout);
        Assert.Null(NetworkCheck.RunTexts(model, construction.Language, [text]));
    }

    [Fact]
    public void Counters_count_to_a_hundred_thousand_as_layers_of_the_library()
    {
        // Balanced by a walk that opens nearly to the end.
        var construction = ConstructionCatalog.All.First(entry => entry.Construction.Name == "dyck-1").Construction;
        int[] text = [-1, .. Enumerable.Repeat(0, 50_000), .. Enumerable.Repeat(1, 50_000), 0, 1];
        Assert.Equal(0, ConstructionCheck.Wrong(construction.Language, () => new LayoutSimulation<long>(construction.Layout, new FixedPoint(4)), text, Context));
        using var model = NetworkWriter.Write(construction.Layout);
        Assert.Null(NetworkCheck.RunTexts(model, construction.Language, [text]));
    }

    [Fact]
    public void Layers_of_parity_have_real_gates_of_both_signs()
    {
        using var model = NetworkWriter.Write(ConstructionCatalog.Parity().Layout);
        var mixer = Assert.IsType<S6Settings>(Assert.Single(model.Configuration.Blocks).Mixer);
        Assert.Equal((true, false), (mixer.SignedGates, mixer.Complex));
    }

    [Fact]
    public void A_wrong_construction_is_found_out_by_simulation_and_by_its_layers()
    {
        var parity = ConstructionCatalog.Parity();
        var layer = parity.Layout.Layers[0];
        var stuck = parity.Layout with { Layers = [layer with { Table = [.. layer.Table.Where(unit => unit.Action.Kind != UnitKind.Turn)] }] };
        Assert.True(ConstructionCheck.Exhaustive(parity.Language, new LayoutSimulation<long>(stuck, new FixedPoint(4)), recognizes: true, 4, Context).Wrong > 0);
        using var model = NetworkWriter.Write(stuck);
        Assert.Equal("|0001", NetworkCheck.RunPrefixes(model, parity.Language, 4, all: true).Mismatch);
    }

    [Fact]
    public void Too_few_digits_behind_the_point_are_found_out_and_three_are_enough_for_history_cells()
    {
        var compiler = RegularCompiler.Of(LanguageCatalog.FindRegular("tomita-4").Automaton);
        Assert.Equal(3, compiler.Certificate.FractionalBits);
        long Wrong(int bits) => ConstructionCheck.Exhaustive(
            LanguageCatalog.Find("tomita-4"), new LayoutSimulation<long>(compiler.Layout(), new FixedPoint(bits)), recognizes: true, 10, Context).Wrong;
        Assert.Equal(0, Wrong(3));
        Assert.True(Wrong(1) > 0);
    }

    [Fact]
    public void A_matrix_a_symbol_runs_any_automaton()
    {
        var language = LanguageCatalog.FindRegular("tomita-6");
        Assert.Equal((2047, 0), ConstructionCheck.Exhaustive(language, new OneHotAutomaton(language.Automaton), recognizes: true, 10, Context));
    }

    [Theory]
    [InlineData(false, 0, 0)]
    [InlineData(true, 4, 20)]
    public void Only_signed_gates_keep_oscillating(bool signed, int least, int most)
    {
        var random = new RandomSource(2);
        var oscillating = Enumerable.Range(0, 20).Count(i => new OscillationTrial(random.Split(i), signed, 6).Changes([1], 1500, 200) >= 100);
        Assert.InRange(oscillating, least, most);
    }

    [Fact]
    public void Fixed_point_rounds_to_nearest_and_throws_where_it_would_wrap()
    {
        FixedPoint numbers = new(2);
        Assert.Equal(0.25, numbers.ToDouble(numbers.Product(numbers.Of(0.5), numbers.Of(0.25))));
        Assert.Equal(-0.5, numbers.ToDouble(numbers.Product(numbers.Of(-0.75), numbers.Of(0.75))));
        Assert.Throws<OverflowException>(() => numbers.Product(long.MaxValue / 2, numbers.Of(4)));
    }
}
