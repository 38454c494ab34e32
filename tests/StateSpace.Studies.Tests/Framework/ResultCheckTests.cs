namespace StateSpace.Studies.Tests.Framework;

public sealed class ResultCheckTests
{
    private static readonly ResultTable Table = new("t", "T", ["a", "b"], [[1.0, 2.0]]);
    private static readonly Chart Chart = new("c", "C", new("x"), new("y"), [new("s", [1.0], [2.0])]);
    private static readonly Claim Claim = Claim.AtMost("k", "K", "own analysis", 1, 0);

    public static TheoryData<string, StudyConclusion> Mistakes() => new()
    {
        { "claim k is there twice", new([Claim, Claim], [], [], []) },
        { "table t is there twice", new([], [Table, Table], [], []) },
        { "chart c is there twice", new([], [], [Chart, Chart], []) },
        { "'../t' does not make a file name: lower-case letters, digits, dots and hyphens only", new([], [Table with { Name = "../t" }], [], []) },
        { "row 1 of table t has 1 cells for 2 columns", new([], [Table with { Rows = [[1.0, 2.0], [1.0]] }], [], []) },
        { "chart c has no series", new([], [], [Chart with { Series = [] }], []) },
        { "series s of chart c has 2 x for 1 y", new([], [], [Chart with { Series = [new("s", [1.0, 2.0], [2.0])] }], []) },
        { "section 'S' names the table u, which is not there", new([], [Table], [], [new("S", [], ["u"], [], [])]) },
        { "section 'S' names the chart u, which is not there", new([], [], [Chart], [new("S", [], [], ["u"], [])]) },
        { "section 'S' names the claim u, which is not there", new([Claim], [], [], [new("S", [], [], [], ["u"])]) },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_of_a_study_is_named(string message, StudyConclusion conclusion)
    {
        var error = Assert.Throws<InvalidOperationException>(() => ResultCheck.Conclusion("demo", conclusion));
        Assert.Equal("study demo: " + message, error.Message);
    }

    [Fact]
    public void A_sound_conclusion_passes() =>
        ResultCheck.Conclusion("demo", new([Claim], [Table], [Chart], [new("S", [], ["t"], ["c"], ["k"])]));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void A_job_without_a_sound_weight_is_refused(double weight) =>
        Assert.Throws<InvalidOperationException>(() => ResultCheck.Plan("demo", [new("a", "A", weight, _ => new(1, []))]));

    [Fact]
    public void Two_jobs_of_one_id_are_refused()
    {
        var job = new StudyJob("a", "A", 1, _ => new(1, []));
        Assert.Throws<InvalidOperationException>(() => ResultCheck.Plan("demo", [job, job]));
    }
}
