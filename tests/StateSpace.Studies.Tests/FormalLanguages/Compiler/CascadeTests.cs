using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.Tests.FormalLanguages.Compiler;

/// <summary>The decomposition: the table of constructions, the seven languages that have groups, and every short word.</summary>
public sealed class CascadeTests
{
    /// <summary>Language, states of the minimal automaton, live ones, elements of the monoid, levels, channels.</summary>
    public static TheoryData<string, int, int, int, int, int> StarFree => new()
    {
        { "tomita-1", 2, 1, 2, 1, 1 },
        { "tomita-2", 3, 2, 6, 2, 2 },
        { "ab-star", 3, 2, 6, 2, 2 },
        { "tomita-4", 4, 3, 12, 3, 3 },
        { "tomita-7", 5, 4, 9, 5, 5 },
        { "d-2", 4, 3, 15, 3, 3 },
        { "d-3", 5, 4, 31, 4, 4 },
        { "d-4", 6, 5, 56, 5, 5 },
        { "d-12", 14, 13, 820, 13, 13 },
        { "abcde-blocks", 7, 6, 17, 6, 8 },
        { "abd-bc", 3, 2, 5, 3, 3 },
        { "012-02", 2, 2, 3, 1, 1 },
        { "flip-flop", 9, 8, 81, 4, 6 },
        { "dyck-2-2", 8, 7, 60, 3, 5 },
        { "dyck-2-3", 16, 15, 285, 4, 7 },
    };

    [Theory]
    [MemberData(nameof(StarFree))]
    public void Star_free_languages_have_the_states_monoids_levels_and_channels_of_the_table(string name, int states, int live, int monoid, int levels, int channels)
    {
        var automaton = LanguageCatalog.FindRegular(name).Automaton;
        var cascade = new Cascade(automaton);
        Assert.Equal((states, live), (automaton.StateCount, automaton.LiveCount));
        Assert.Equal((monoid, true), (TransitionMonoid.Of(automaton).Size, TransitionMonoid.Of(automaton).IsAperiodic));
        Assert.Equal((levels, channels), (cascade.Levels.Count, cascade.Levels.Sum(level => level.Bits)));
        Assert.All(cascade.Levels, level => Assert.Null(level.Group));
    }

    [Theory]
    [InlineData("parity", 2, "C2")]
    [InlineData("aa-star", 2, "C2")]
    [InlineData("aaaa-star", 4, "C4")]
    [InlineData("abab-star", 2, "C2")]
    [InlineData("tomita-3", 2, "C2")]
    [InlineData("tomita-5", 2, "C2×C2")]
    [InlineData("tomita-6", 3, "C3")]
    public void The_seven_others_have_the_period_and_the_group_that_is_published(string name, int period, string group)
    {
        var automaton = LanguageCatalog.FindRegular(name).Automaton;
        var monoid = TransitionMonoid.Of(automaton);
        Assert.Equal((period, false), (monoid.Period, monoid.IsAperiodic));
        Assert.Equal(group, Assert.Single(new Cascade(automaton).Levels.Select(level => level.Group?.Name()).OfType<string>()));
    }

    [Fact]
    public void The_group_of_Tomita_3_acts_on_the_sets_of_height_3_of_4()
    {
        var cascade = new Cascade(LanguageCatalog.FindRegular("tomita-3").Automaton);
        Assert.Equal(4, cascade.Levels.Count);
        Assert.Equal(3, Assert.Single(cascade.Levels, level => level.Group is not null).Height);
    }

    public static TheoryData<string> All => [.. StarFree.Select(row => (string)row[0]), "parity", "aa-star", "aaaa-star", "abab-star", "tomita-3", "tomita-5", "tomita-6"];

    [Theory]
    [MemberData(nameof(All))]
    public void A_cascade_is_in_the_automatons_state_behind_every_short_word(string name)
    {
        var automaton = LanguageCatalog.FindRegular(name).Automaton;
        var cascade = new Cascade(automaton);
        var letters = automaton.Alphabet.Length;
        var length = letters switch { 1 => 40, 2 => 12, 3 => 8, 4 => 6, _ => 5 };
        Follow([.. cascade.Levels.Select(level => level.Start)], automaton.Start, length);

        void Follow(int[] states, int state, int left)
        {
            for (var a = 0; left > 0 && a < letters; a++)
            {
                var (next, expected) = ((int[])states.Clone(), automaton.Next(state, a));
                Assert.Equal(expected, cascade.Step(next, a));
                Follow(next, expected, left - 1);
            }
        }
    }
}
