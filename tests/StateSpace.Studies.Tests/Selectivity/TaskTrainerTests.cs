using StateSpace.Models;
using StateSpace.Studies.Selectivity.Tasks;
using StateSpace.Studies.Selectivity.Training;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Studies.Tests.Selectivity;

/// <summary>Small trainings on the generated tasks.</summary>
public sealed class TaskTrainerTests
{
    public static TheoryData<string> Subsets() => [.. Selection.Subsets.Select(subset => subset.Id)];

    [Theory]
    [MemberData(nameof(Subsets))]
    public void At_the_papers_size_real_and_complex_have_as_many_parameters(string subset)
    {
        var selection = Selection.Subsets.First(candidate => candidate.Id == subset);
        long real = Count(ScanForm.Real, selection), complex = Count(ScanForm.Complex, selection);
        Assert.Equal(real, complex);
        if (selection == Selection.All) Assert.Equal(65_472, real);
    }

    [Fact]
    public void Every_form_of_state_has_as_many_parameters()
    {
        var counts = Enum.GetValues<ScanForm>().Select(form => Count(form, Selection.All)).ToList();
        Assert.All(counts, count => Assert.Equal(65_472, count));
    }

    [Fact]
    public void The_rotation_form_learns_as_the_complex_form_does_until_rounding_parts_them()
    {
        var complex = Small(new CountingTask(3, 16), ScanForm.Complex, steps: 20, rate: 5e-3);
        double[] losses = TaskTrainer.Run(complex, _ => { }, CancellationToken.None).CurveLosses, turned = TaskTrainer.Run(complex with { Form = ScanForm.Rotating }, _ => { }, CancellationToken.None).CurveLosses;
        Assert.All(losses.Zip(turned), pair => Assert.InRange(pair.Second, pair.First - 1e-3, pair.First + 1e-3));
        Assert.NotEqual(losses[0], losses[^1]);
    }

    [SkippableTheory]
    [InlineData(ScanForm.Real)]
    [InlineData(ScanForm.Complex)]
    [InlineData(ScanForm.Signed)]
    [InlineData(ScanForm.Rotating)]
    internal void A_training_on_a_gpu_begins_as_on_the_cpu(ScanForm form)
    {
        Skip.IfNot(CudaDevice.TryCreate(0, out _, out var reason), reason);
        var run = Small(new InductionHeadTask(4, 5), form, steps: 10, rate: 5e-3);
        var there = TaskTrainer.Run(run with { Device = Device.Cuda(0) }, _ => { }, CancellationToken.None);
        var here = TaskTrainer.Run(run, _ => { }, CancellationToken.None);
        Assert.All(here.CurveLosses.Zip(there.CurveLosses), pair => Assert.InRange(pair.Second, pair.First - 1e-2, pair.First + 1e-2));
    }

    [Fact]
    public void The_training_accuracy_is_that_of_the_batches_since_the_evaluation_before()
    {
        var record = TaskTrainer.Run(Small(new CopyTask(2, 4), ScanForm.Real, steps: 120, rate: 2e-2), _ => { }, CancellationToken.None);
        Assert.InRange(record.TrainingAccuracy, record.Tests[0] - 0.1, record.Tests[0] + 0.1);
    }

    [Fact]
    public void There_are_eight_subsets_from_all_to_none()
    {
        Assert.Equal(8, Selection.Subsets.Distinct().Count());
        Assert.Equal(("B, C, Δ", "none"), (Selection.Subsets[0].Title, Selection.Subsets[^1].Title));
        Assert.Equal(Selection.Subsets.Count, Selection.Subsets.Select(subset => subset.Id).Distinct().Count());
    }

    [Fact]
    public void An_untrained_network_guesses()
    {
        var run = Small(new CopyTask(16, 8), ScanForm.Complex, steps: 1, rate: 0);
        Assert.InRange(TaskTrainer.Run(run, _ => { }, CancellationToken.None).Tests[0], 1.0 / 14, 2.0 / 7);
    }

    [Fact]
    public void A_network_learns_to_copy_over_a_short_delay_and_reports_its_way()
    {
        var reports = new List<double>();
        var record = TaskTrainer.Run(Small(new CopyTask(2, 4), ScanForm.Real, steps: 120, rate: 2e-2), reports.Add, CancellationToken.None);
        Assert.InRange(record.Tests[0], 0.8, 1);
        Assert.InRange(record.CurveLosses[^1], 0, record.CurveLosses[0] / 2);
        Assert.Equal(record.Tests[0], record.Positions.Average(), 1e-12);
        Assert.Equal(record.CurveSteps.Length, record.CurveAccuracies.Length);
        Assert.Equal(record.BestValidation, record.CurveAccuracies[Array.IndexOf(record.CurveSteps, record.BestStep)]);
        Assert.Equal(1, reports[^1]);
    }

    [Fact]
    public void The_bits_do_not_depend_on_threads_and_differ_between_seeds()
    {
        var run = Small(new InductionHeadTask(4, 5), ScanForm.Complex, steps: 8, rate: 1e-2);
        var team = Text(run);
        using (CpuTeam.StayOnThread()) Assert.Equal(team, Text(run));
        Assert.NotEqual(team, Text(run with { Seed = 1 }));
    }

    [Fact]
    public void A_training_ends_when_its_loss_is_low_enough()
    {
        var run = Small(new CopyTask(2, 4), ScanForm.Real, steps: 200, rate: 1e-2);
        var record = TaskTrainer.Run(run with { Plan = run.Plan with { StopLoss = 10 } }, _ => { }, CancellationToken.None);
        Assert.Equal(10, record.Steps);
    }

    [Fact]
    public void A_training_stops_when_it_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            TaskTrainer.Run(Small(new CopyTask(2, 4), ScanForm.Real, steps: 100_000, rate: 1e-3), _ => stop.Cancel(), stop.Token));
    }

    private static string Text(TaskRun run) => TaskTrainer.Run(run, _ => { }, CancellationToken.None).Outcome().Result.ToJsonString();

    private static TaskRun Small(SequenceTask task, ScanForm form, int steps, double rate) =>
        new(task, [task], form, Selection.All, new(16, 4), new(Batch: 16, steps, rate, Cosine: true, StopLoss: 0) { TestSequences = 100 }, Seed: 0);

    private static long Count(ScanForm form, Selection selection)
    {
        var task = new CopyTask(64, 16);
        var run = new TaskRun(task, [task], form, selection, new(64, 16), new(8, 1, 1e-3, Cosine: false, 0), 0);
        using var model = new SequenceModel(run.Network, source: null);
        return model.ParameterCount - model.Head.Weight.Value.Count;
    }
}
