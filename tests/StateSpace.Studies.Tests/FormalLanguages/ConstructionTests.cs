using StateSpace.Studies.FormalLanguages;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.FormalLanguages;

public sealed class ConstructionTests
{
    private static readonly JobContext Context = new(_ => { }, CancellationToken.None);

    public static TheoryData<string> Names => [.. ConstructionCatalog.All.Select(entry => entry.Construction.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Construction_continues_every_short_word_as_the_oracle_does(string name)
    {
        var (construction, length) = ConstructionCatalog.All.First(entry => entry.Construction.Name == name);

        // The study goes the whole length.
        var shorter = Math.Min(length, construction.Language.Alphabet.Length switch { 1 => 40, 2 => 10, <= 4 => 6, _ => 4 });
        var bits = construction.Gates == GateKind.Complex ? 24 : 4;
        Assert.Equal(0, ConstructionCheck.Exhaustive(construction, new FixedPoint(bits), shorter, Context).Wrong);
        Assert.Equal(0, ConstructionCheck.Exhaustive(construction, new SinglePrecision(), shorter, Context).Wrong);
    }

    [Fact]
    public void Construction_for_Dyck_8_10_has_31_channels_and_makes_no_error_on_a_long_walk()
    {
        var construction = ConstructionCatalog.Dyck(8, 10);
        Assert.Equal((31, GateKind.Nonnegative), (construction.Width, construction.Gates));
        Assert.Equal((10_000, 0), ConstructionCheck.Walks(construction, new FixedPoint(4), 1, 10_000, new RandomSource(1), Context));
    }

    [Fact]
    public void A_wrong_construction_is_found_out()
    {
        var parity = ConstructionCatalog.Parity();
        var stuck = parity with { Layers = [new DiagonalLayer(1, GateKind.Nonnegative, (_, _, _, _) => { }, [1])] };
        Assert.True(ConstructionCheck.Exhaustive(stuck, new FixedPoint(4), 4, Context).Wrong > 0);
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
