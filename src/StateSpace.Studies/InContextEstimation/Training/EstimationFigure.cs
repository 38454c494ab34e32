namespace StateSpace.Studies.InContextEstimation.Training;

/// <summary>A figure: theory as lines, trained estimators as points.</summary>
/// <param name="Name">Name of its chart and table.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Abscissa">Label of the horizontal axis.</param>
/// <param name="Text">What to see.</param>
/// <param name="Source">Where the theory comes from.</param>
/// <param name="Tolerance">Relative excess of a trained risk over the least one that still counts as agreement.</param>
/// <param name="Theory">Curves of the closed forms.</param>
/// <param name="Runs">What is trained.</param>
internal sealed record EstimationFigure(
    string Name, string Title, string Abscissa, string Text, string Source, double Tolerance, IReadOnlyList<ChartSeries> Theory, IReadOnlyList<EstimationRun> Runs)
{
    /// <summary>A dashed curve over whole numbers.</summary>
    public static ChartSeries Line(string name, int first, int last, Func<int, double> risk)
    {
        var x = Enumerable.Range(first, last - first + 1).ToList();
        return new(name, [.. x.Select(value => (double)value)], [.. x.Select(risk)], SeriesStyle.Dashed);
    }

    /// <summary>What a person reads of a model.</summary>
    public static string Word(Architecture model) => model switch
    {
        Architecture.LinearAttention => "linear attention",
        Architecture.AveragingAttention => "linear attention over n",
        Architecture.H3 => "H3",
        Architecture.Descent => "PGD",
        _ => "WPGD",
    };
}
