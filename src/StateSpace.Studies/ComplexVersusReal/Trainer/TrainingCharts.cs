namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>Charts of the trained models; the first seed of each kind.</summary>
internal static class TrainingCharts
{
    public const string LossName = "training-loss";
    public const string RealEigenvaluesName = "training-eigenvalues-real";
    public const string ComplexEigenvaluesName = "training-eigenvalues-complex";

    private const int Length = 32;

    public static string ResponseName(TargetMap target) => $"training-response-{Word(target)}";

    public static IEnumerable<Chart> All(TrainingOutcomes outcomes)
    {
        yield return Losses(outcomes);
        foreach (var target in Enum.GetValues<TargetMap>()) yield return Response(outcomes, target);
        yield return Eigenvalues(
            outcomes, RealEigenvaluesName, "Eigenvalues of the trained real SSMs", target => Real(outcomes, target), "256 of the 1024 eigenvalues, all on the real axis.");
        yield return Eigenvalues(
            outcomes, ComplexEigenvaluesName, "Eigenvalues of the trained complex SSMs", target => Complex(outcomes, target), "n = t = 32; spread over all angles near the unit circle.");
    }

    private static Chart Losses(TrainingOutcomes outcomes) => new(
        LossName,
        "Training: squared ℓ2 error",
        new("step", Logarithmic: true),
        new("‖ŷ − T‖₂² / ‖T‖₂²", Logarithmic: true),
        [
            .. Enum.GetValues<TargetMap>().Select(target => Curve($"real n=1024, {Word(target)}", outcomes[Real(outcomes, target)])),
            .. Enum.GetValues<TargetMap>().Select(target => Curve($"complex n=32, {Word(target)}", outcomes[Complex(outcomes, target)])),
        ],
        "t = 32, 500 000 steps. The real runs stay near the zero map's error of 1; the complex ones fall to the rounding of single precision.");

    private static Chart Response(TrainingOutcomes outcomes, TargetMap target)
    {
        var (real, complex) = (outcomes[Real(outcomes, target)], outcomes[Complex(outcomes, target)]);
        double[] k = [.. Enumerable.Range(0, Length)];
        return new(
            ResponseName(target),
            $"Learned impulse response: {Word(target)}",
            new("k"),
            new("φ_k"),
            [
                new("target", k, complex.Target, SeriesStyle.Stems),
                new("real n=1024", k, real.Response, SeriesStyle.LineAndPoints),
                new("complex n=32", k, complex.Response, SeriesStyle.Points),
            ],
            "After 500 000 steps, Adam. Target scaled to ‖T‖₂ = 1.");
    }

    private static Chart Eigenvalues(TrainingOutcomes outcomes, string name, string title, Func<TargetMap, FitSpecification> run, string note) => new(
        name,
        title,
        new("Re λ"),
        new("Im λ"),
        [
            .. Enum.GetValues<TargetMap>().Select(target =>
            {
                var record = outcomes[run(target)];
                return new ChartSeries(Word(target), record.EigenvalueRe, record.EigenvalueIm, SeriesStyle.Points);
            }),
        ],
        note,
        UnitCircle: true);

    private static FitSpecification Real(TrainingOutcomes outcomes, TargetMap target) =>
        outcomes.Plan.RealRuns.First(run => run.Target == target && run.Optimizer == FitOptimizer.Adam);

    private static FitSpecification Complex(TrainingOutcomes outcomes, TargetMap target) =>
        outcomes.Plan.ComplexRuns.First(run => run.Target == target && run.T == Length);

    private static ChartSeries Curve(string name, FitRecord record) => new(name, [.. record.CurveSteps.Select(step => (double)step)], record.CurveLosses);

    private static string Word(TargetMap target) => target.ToString().ToLowerInvariant();
}
