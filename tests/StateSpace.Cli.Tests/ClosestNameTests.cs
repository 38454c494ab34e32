using StateSpace.Cli.Terminal;

namespace StateSpace.Cli.Tests;

public sealed class ClosestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("abc", "ABC", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("abc", "abcd", 1)]
    [InlineData("complex-vs-real", "complx-vs-reall", 2)]
    public void Distance_counts_changes_and_swaps(string a, string b, int distance)
    {
        Assert.Equal(distance, ClosestName.Distance(a, b));
        Assert.Equal(distance, ClosestName.Distance(b, a));
    }

    [Theory]
    [InlineData("complx-vs-rael", ", did you mean 'complex-vs-real'?")]
    [InlineData("complex", ", did you mean 'complex-vs-real'?")]
    [InlineData("bmojo", ", did you mean 'bmojo-recall'?")]
    [InlineData("entirely-else", "")]
    [InlineData("co", "")]
    public void A_hint_names_the_nearest_name_if_it_is_near(string typed, string hint) =>
        Assert.Equal(hint, ClosestName.Hint(typed, ["complex-vs-real", "bmojo-recall", "chimera"]));
}
