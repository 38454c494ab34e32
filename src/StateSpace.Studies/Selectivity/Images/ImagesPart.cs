using System.Text.Json.Nodes;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>S4D with real and with complex states on images that are read as sequences, pixel by pixel (section 4.2).</summary>
internal sealed class ImagesPart : IStudyPart
{
    /// <summary>The setting that says where the photographs are.</summary>
    public const string Setting = "data";

    private const string Source = "Ran-Milo et al., section 4.2";
    private const string AccuracyTable = "images-accuracy";
    private const string RunTable = "images-runs";
    private const string CurveChart = "images-curves";
    private const string KernelChart = "images-kernels";

    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [.. new SelectivityPlan(options).Images().Select(run => run.Job())];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var plan = new SelectivityPlan(options);
        var runs = plan.Images();
        var trained = runs.Select(run => new Trained(run, ImageRecord.Of(outcomes, run.Id))).ToList();
        List<Trained> real = [.. trained.Where(one => !one.Run.IsComplex)], complex = [.. trained.Where(one => one.Run.IsComplex)];
        var images = runs[0].Images;
        var claims = Claims(real, complex, plan.IsPaper).ToList();
        string[] text =
        [
            (images.Name == Cifar10Files.Name
                ? "Photographs of CIFAR-10, in gray: images of "
                : "No photographs were given, so gratings were drawn: ten directions, random frequency, phase and contrast, noise. Images of ")
            + $"{images.Side} × {images.Side} pixels are read row by row as sequences of {images.Side * images.Side}; a guess is right in 10 % of the cases. Complex S4D reaches "
            + $"{TaskTables.Percent(Tests(complex).Average())} of the test images on average ({TaskTables.Percent(Tests(complex).Min())} at worst), real S4D of as many parameters "
            + $"{TaskTables.Percent(Tests(real).Average())} ({TaskTables.Percent(Tests(real).Max())} at best).",
            "Real states decay: their kernels are sums of falling exponentials, which smooth. Complex ones also turn, so that a kernel can be tuned to the frequencies of a row and to "
            + "pixels below one another. With the published photographs: --data FOLDER, where FOLDER has the files of cifar-10-binary.tar.gz.",
        ];
        return new(
            claims,
            [
                new(
                    AccuracyTable,
                    $"Images as sequences ({images.Name}): accuracy on the test images",
                    ["state", "best seed", "mean", "worst seed", "seeds", "parameters", "paper, CIFAR-10"],
                    [Row("real", real, "78.27 % (best of 3)"), Row("complex", complex, "89.10 % (one run)")],
                    "The paper's figures are those of 32 × 32 pixels, 512 channels, 64 real numbers of state, six blocks and 200 epochs."),
                new(
                    RunTable,
                    "Every training run on images",
                    ["state", "seed", "epochs", "last loss", "test accuracy", "last validation", "best validation", "at epoch"],
                    [.. trained.Select(one => (IReadOnlyList<Cell>)
                    [
                        one.Run.Form, one.Run.Seed, one.Record.Losses.Length, one.Record.Losses[^1], one.Record.Test, one.Record.Validations[^1], one.Record.Validations.Max(),
                        Array.IndexOf(one.Record.Validations, one.Record.Validations.Max()) + 1,
                    ])],
                    "Test: once, after the last epoch. Nothing is chosen by validation."),
            ],
            [
                new(
                    CurveChart,
                    "Images: accuracy during training",
                    new("epoch"),
                    new("validation accuracy"),
                    [.. trained.Select(one => new ChartSeries(
                        $"{one.Run.Form}, seed {one.Run.Seed}", Numbers(one.Record.Validations.Length, from: 1), one.Record.Validations, one.Run.IsComplex ? SeriesStyle.Line : SeriesStyle.Dashed))],
                    "Real: fine dashes."),
                new(
                    KernelChart,
                    "A trained kernel of the first block, forwards",
                    new("pixels back"),
                    new("weight, over the sum of magnitudes"),
                    [.. new[] { real[0], complex[0] }.Select(one => new ChartSeries(one.Run.Form, Numbers(Shown(one), from: 0), [.. one.Record.Kernel.Take(Shown(one))]))],
                    $"The largest kernel of each network, seed {real[0].Run.Seed}; a row has {images.Side} pixels."),
            ],
            [new("Images as sequences: S4D, real against complex", text, [AccuracyTable, RunTable], [CurveChart, KernelChart], [.. claims.Select(claim => claim.Id)])]);

        int Shown(Trained one) => Math.Min(one.Record.Kernel.Length, 4 * images.Side);
    }

    private static IEnumerable<Claim> Claims(List<Trained> real, List<Trained> complex, bool isPaper)
    {
        var isCifar = real[0].Run.Images.Name == Cifar10Files.Name;
        var isPublished = isPaper && isCifar;
        if (isPublished || !isCifar)
        {
            yield return Claim.AtLeast(
                "images.order", "The worst complex seed tells images better than the best real one: difference of their accuracies.", Source, 0, Tests(complex).Min() - Tests(real).Max());
        }

        // Little is learned of photographs in the few steps of a small preset.
        yield return Claim.AtLeast(
            "images.gap",
            "Complex over real, means of the seeds: difference of accuracies.",
            isPublished ? $"{Source}: 89.10 % and 78.27 %" : isCifar ? $"{Source}, the sign alone" : "own analysis: at least half of the paper's difference",
            isCifar && !isPaper ? 0 : 0.05,
            Tests(complex).Average() - Tests(real).Average());
        yield return Claim.Exactly(
            "images.parameters", "Trained parameters, real and complex.", "Ran-Milo et al., app. F.2: equal numbers", $"{real[0].Record.Parameters}", $"{complex[0].Record.Parameters}");
        if (!isPublished) yield break;
        yield return Claim.Near("images.complex", "Accuracy of complex S4D, mean of the seeds (one run in the paper).", Source, 0.8910, 0.02, Tests(complex).Average());
        yield return Claim.Near("images.real", "Accuracy of real S4D, best seed.", Source, 0.7827, 0.02, Tests(real).Max());
    }

    private static IReadOnlyList<Cell> Row(string form, List<Trained> seeds, string published) =>
        [form, Tests(seeds).Max(), Tests(seeds).Average(), Tests(seeds).Min(), seeds.Count, seeds[0].Record.Parameters, published];

    private static IEnumerable<double> Tests(IEnumerable<Trained> seeds) => seeds.Select(one => one.Record.Test);

    private static double[] Numbers(int count, int from) => [.. Enumerable.Range(from, count).Select(i => (double)i)];

    private sealed record Trained(ImageRun Run, ImageRecord Record);
}
