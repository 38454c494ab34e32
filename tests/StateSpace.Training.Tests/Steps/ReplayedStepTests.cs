using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Steps;

namespace StateSpace.Training.Tests.Steps;

public sealed class ReplayedStepTests
{
    private const int Vocabulary = 13;
    private const int Steps = 24;

    [Theory]
    [InlineData(null)]
    [InlineData(0.5)]
    public void On_the_CPU_it_is_what_one_writes_by_hand(double? clip) => Assert.Equal(ByHand(Device.Cpu, clip), Replayed(Device.Cpu, clip, []));

    [SkippableTheory]
    [InlineData(null)]
    [InlineData(0.5)]
    public void On_a_GPU_replays_of_several_forms_by_turns_give_the_bits_of_launched_steps(double? clip)
    {
        RequireGpu();
        var notes = new List<string>();
        Assert.Equal(ByHand(Device.Cuda(), clip), Replayed(Device.Cuda(), clip, notes));
        Assert.Equal(3, notes.Count(note => note.Contains("are replayed as a graph of", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void Threads_that_train_side_by_side_on_one_GPU_do_not_see_each_other()
    {
        RequireGpu();
        var expected = Replayed(Device.Cuda(), 0.5, []);
        var results = new float[4][];
        var threads = Enumerable.Range(0, results.Length).Select(i => new Thread(() => results[i] = Replayed(Device.Cuda(), 0.5, []))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(results, result => Assert.Equal(expected, result));
    }

    private static void RequireGpu()
    {
        var exists = CudaDevice.TryCreate(0, out _, out var reason);
        Skip.IfNot(exists, reason);
    }

    private static float[] ByHand(Device device, double? clip) => Train(device, (model, optimizer, batches) =>
    {
        return [.. batches.Select(batch =>
        {
            optimizer.ZeroGradient();
            var loss = Gradients(model, batch.Inputs[0].To(device), batch.Inputs[1].To(device));
            if (clip is { } most) optimizer.ClipAndStep(batch.Rate, most);
            else optimizer.Step(batch.Rate);
            return (float)loss.Item();
        })];
    });

    private static float[] Replayed(Device device, double? clip, List<string> notes) => Train(device, (model, optimizer, batches) =>
    {
        using var step = new ReplayedStep(optimizer, x => [Gradients(model, x[0]!, x[1]!)], clip, notify: notes.Add);
        return [.. batches.Select(batch => (float)step.Run(batch.Inputs, batch.Rate)[0].Item())];
    });

    private static Tensor Gradients(SequenceModel model, Tensor ids, Tensor targets)
    {
        using var tape = new Tape();
        var loss = CrossEntropy.Apply(model.Forward(ids).Logits!, targets);
        tape.Backward(loss);
        return loss;
    }

    /// <summary>Losses of the steps, then all weights; batches of three lengths take turns.</summary>
    private static float[] Train(Device device, Func<SequenceModel, Adam, IEnumerable<(Tensor[] Inputs, double Rate)>, float[]> run)
    {
        using var scope = new TensorScope();
        using var model = new SequenceModel(ModelKinds.Configure("mamba", Vocabulary, width: 8, depth: 1), new RandomSource(1));
        model.MoveTo(device);
        using var optimizer = new Adam(model.Parameters);
        var losses = run(model, optimizer, Batches());
        return [.. losses, .. model.Parameters.SelectMany(parameter => parameter.Value.ToArray<float>())];
    }

    private static IEnumerable<(Tensor[] Inputs, double Rate)> Batches()
    {
        var random = new RandomSource(2);
        for (var step = 0; step < Steps; step++)
        {
            Tensor ids = Tensor.Empty([2, 5 + (step % 3)], DType.Int32), targets = ids.EmptyLike();
            random.FillIntegers(ids.Span<int>(), Vocabulary);
            random.FillIntegers(targets.Span<int>(), Vocabulary);
            yield return ([ids, targets], 1e-2 / (1 + step));
        }
    }
}
