using StateSpace.Studies.Selectivity.Images;
using StateSpace.Studies.Selectivity.Tasks;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Selectivity;

/// <summary>The sizes of a preset: those of the paper, or small ones that show the same on two cores.</summary>
/// <param name="options">Options of the run.</param>
internal sealed class SelectivityPlan(StudyOptions options)
{
    private const int SmallVocabulary = 8;
    private const int PaperVocabulary = 16;
    private const double SmallStop = 0.003;

    private static readonly ScanForm[] RealAndComplex = [ScanForm.Real, ScanForm.Complex];

    /// <summary>Whether the sizes are the published ones.</summary>
    public bool IsPaper => options.Preset == "paper";

    private int Seeds => options.Seeds ?? 3;

    private bool IsQuick => options.Preset switch
    {
        "quick" => true,
        "standard" or "paper" => false,
        _ => throw new StudyInputException($"{SelectivityStudy.Name} has no preset '{options.Preset}'; choose quick, standard or paper"),
    };

    /// <summary>The network of the preset.</summary>
    public NetworkSize Network => IsPaper ? new(64, 16) : new(32, 8);

    /// <summary>Copy, all of B, C and Δ selective.</summary>
    public TaskExperiment Copy()
    {
        var task = IsPaper ? new CopyTask(64, PaperVocabulary) : new CopyTask(16, SmallVocabulary);
        var plan = IsPaper ? Published(1_000_000, 0.01) : Small(IsQuick ? 1000 : 2000, 4e-3);
        return new([.. Runs(task, plan, [Selection.All])]);
    }

    /// <summary>Induction head, with the subsets of what is selective: all and none, or all eight.</summary>
    /// <remarks>
    /// The specification trains 2000 steps at 2e-3; the cosine from 4e-3 has that mean. Twice the rate closes the gap of the models with nothing selective, in
    /// which the real one then learns further, too.
    /// </remarks>
    public TaskExperiment Induction()
    {
        var task = IsPaper ? new InductionHeadTask(128, PaperVocabulary) : new InductionHeadTask(8, SmallVocabulary);
        var plan = IsPaper ? Published(250_000, 1e-5) : Small(2000, 4e-3);
        return new([.. Runs(task, plan, IsQuick ? [Selection.All, Selection.None] : Selection.Subsets)]);
    }

    /// <summary>Counting modulo m with each form of state; a task beyond the paper, small in every preset.</summary>
    public TaskExperiment Counting(int modulus)
    {
        var length = IsQuick ? 16 : 24;
        var task = new CountingTask(modulus, length);
        var plan = (IsQuick ? Small(600, 8e-3) : Small(2000, 8e-3)) with { StopLoss = 0 };
        return new([
            .. from form in Enum.GetValues<ScanForm>()
               from seed in Enumerable.Range(0, Seeds)
               select new TaskRun(task, [task, new CountingTask(modulus, 4 * length, scoredFrom: 2 * length), new CountingTask(modulus, 4 * length)], form, Selection.All, new(16, 8), plan, options.Seed + seed) { Device = options.Device },
        ]);
    }

    /// <summary>S4D on images: photographs where they are at hand, otherwise gratings.</summary>
    /// <exception cref="StudyInputException">The folder that is set has none.</exception>
    public IReadOnlyList<ImageRun> Images()
    {
        var folder = Cifar10Files.Find(options.Settings.GetValueOrDefault(ImagesPart.Setting, ""));
        var (source, size, plan) = IsPaper
            ? (new ImageSource(folder, 32, 45_000, 5_000, 10_000), new ClassifierSize(512, 64, 6, Dropout: 0.1), new ImagePlan(Batch: 50, Epochs: 200, WarmupEpochs: 20))
            : IsQuick
                ? (new ImageSource(folder, 16, 2_000, 500, 1_000), new ClassifierSize(16, 16, 2, Dropout: 0), new ImagePlan(Batch: 20, Epochs: 3, WarmupEpochs: 1))
                : (new ImageSource(folder, 16, 5_000, 500, 1_000), new ClassifierSize(32, 16, 2, Dropout: 0), new ImagePlan(Batch: 25, Epochs: 5, WarmupEpochs: 1));
        return [
            .. from isComplex in new[] { false, true }
               from seed in Enumerable.Range(0, Seeds)
               select new ImageRun(source, isComplex, size, plan, options.Seed + seed, options.Device),
        ];
    }

    private static TrainingPlan Published(int steps, double stopLoss) => new(Batch: 8, steps, Rate: 1e-3, Cosine: false, stopLoss);

    private static TrainingPlan Small(int steps, double rate) => new(Batch: 32, steps, rate, Cosine: true, SmallStop);

    private IEnumerable<TaskRun> Runs(SequenceTask task, TrainingPlan plan, IEnumerable<Selection> selections) =>
        from selection in selections
        from form in RealAndComplex
        from seed in Enumerable.Range(0, Seeds)
        select new TaskRun(task, [task], form, selection, Network, plan, options.Seed + seed) { Device = options.Device };
}
