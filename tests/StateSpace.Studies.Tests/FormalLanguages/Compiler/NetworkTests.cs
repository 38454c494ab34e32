using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.Tests.FormalLanguages.Compiler;

/// <summary>Compiled networks against their automata.</summary>
public sealed class NetworkTests
{
    [Theory]
    [InlineData("tomita-1", 12)]
    [InlineData("tomita-2", 12)]
    [InlineData("tomita-4", 10)]
    [InlineData("tomita-7", 10)]
    [InlineData("d-2", 10)]
    [InlineData("d-4", 9)]
    [InlineData("d-12", 6)]
    [InlineData("abcde-blocks", 4)]
    [InlineData("abd-bc", 5)]
    [InlineData("012-02", 7)]
    [InlineData("flip-flop", 4)]
    [InlineData("dyck-2-2", 5)]
    [InlineData("parity", 10)]
    [InlineData("aa-star", 30)]
    [InlineData("aaaa-star", 30)]
    [InlineData("abab-star", 10)]
    [InlineData("tomita-3", 10)]
    [InlineData("tomita-5", 10)]
    [InlineData("tomita-6", 10)]
    public void A_network_allows_what_the_automaton_allows_behind_every_short_word(string name, int length)
    {
        var compiler = RegularCompiler.Of(LanguageCatalog.FindRegular(name).Automaton, Gates.Complex);
        using var model = compiler.Build();
        Assert.Null(NetworkCheck.Run(model, compiler.Automaton, length).Mismatch);
    }
}
