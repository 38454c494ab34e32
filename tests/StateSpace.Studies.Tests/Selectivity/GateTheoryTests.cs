using StateSpace.Studies.FormalLanguages.Compiler;
using StateSpace.Studies.Selectivity;

namespace StateSpace.Studies.Tests.Selectivity;

/// <summary>What gates of a kind can count, whatever is learned.</summary>
public sealed class GateTheoryTests
{
    [Theory]
    [InlineData(2, Gates.Nonnegative, "C2")]
    [InlineData(2, Gates.Signed, null)]
    [InlineData(2, Gates.Complex, null)]
    [InlineData(3, Gates.Nonnegative, "C3")]
    [InlineData(3, Gates.Signed, "C3")]
    [InlineData(3, Gates.Complex, null)]
    [InlineData(5, Gates.Complex, null)]
    public void A_counter_is_compiled_where_the_gates_have_its_group_and_refused_by_its_name_elsewhere(int modulus, Gates gates, string? group)
    {
        var theory = GateTheory.Of(modulus, gates);
        if (group is null)
        {
            Assert.Null(theory.Refusal);
            Assert.True(theory.Holds);
            Assert.NotEqual(false, theory.HoldsByRotations);
        }
        else
        {
            Assert.Contains(group, theory.Refusal, StringComparison.Ordinal);
        }
    }
}
