namespace StateSpace.Inference.Tests;

public sealed class StopMatcherTests
{
    [Theory]
    [InlineData("one two END three", "END", "one two ")]
    [InlineData("aaab", "aab", "a")]
    [InlineData("no stop at all EN", "END", "no stop at all EN")]
    [InlineData("stop", "stop", "")]
    [InlineData("ababac", "abac", "ab")]
    public void Text_ends_before_a_stop_wherever_it_is_cut(string text, string stop, string expected)
    {
        for (var size = 1; size <= text.Length; size++)
        {
            var matcher = new StopMatcher([stop]);
            var result = string.Concat(text.Chunk(size).Select(piece => matcher.Add(new(piece))));
            if (!matcher.IsStopped) result += matcher.Finish();
            Assert.Equal(expected, result);
            Assert.Equal(text.Contains(stop, StringComparison.Ordinal), matcher.IsStopped);
        }
    }

    [Fact]
    public void The_first_of_several_stops_counts()
    {
        var matcher = new StopMatcher(["zz", "y", "xyz"]);
        Assert.Equal("a", matcher.Add("axyz"));
        Assert.True(matcher.IsStopped);
        Assert.Equal("", matcher.Add("more"));
    }

    [Fact]
    public void Only_what_may_be_the_beginning_of_a_stop_is_held_back()
    {
        var matcher = new StopMatcher(["\n\nUser:"]);
        Assert.Equal("Hello", matcher.Add("Hello\n"));
        Assert.Equal("\nthere", matcher.Add("there"));
        Assert.Equal("", matcher.Add("\n\nUs"));
        Assert.Equal("\n\nUsed", matcher.Add("ed"));
    }
}
