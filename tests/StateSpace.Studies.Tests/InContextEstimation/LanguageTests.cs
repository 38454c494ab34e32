using StateSpace.Models;
using StateSpace.Studies.InContextEstimation.Language;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.InContextEstimation;

/// <summary>The tasks of H3 as a language model's layer, and their training.</summary>
public sealed class LanguageTests
{
    private static readonly LanguageTask[] Tasks = [new InductionHeadTask(20, 30), new AssociativeRecallTask(10, 20), new InductionHeadTask(5, 4), new AssociativeRecallTask(6, 2)];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Tasks.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_last_token_is_what_the_rule_says_and_the_question_has_an_answer(int index)
    {
        var task = Tasks[index];
        var random = new RandomSource(1);
        var tokens = new int[task.Length + 1];
        for (var i = 0; i < 300; i++)
        {
            task.Draw(random, tokens);
            Assert.All(tokens, token => Assert.InRange(token, 0, task.Vocabulary - 1));
            if (task is InductionHeadTask)
            {
                Assert.Equal(task.Mark, tokens[^2]);
                var first = Array.IndexOf(tokens, task.Mark);
                Assert.InRange(first, 0, task.Length - 4);
                Assert.Equal(2, tokens.Count(token => token == task.Mark));
                Assert.Equal(tokens[first + 1], tokens[^1]);
            }
            else
            {
                int keys = task.Symbols / 2, pairs = (task.Length - 2) / 2;
                Assert.Equal(task.Mark, tokens[^3]);
                var values = new Dictionary<int, int>();
                for (var j = 0; j < pairs; j++)
                {
                    Assert.InRange(tokens[2 * j], 0, keys - 1);
                    Assert.InRange(tokens[(2 * j) + 1], keys, task.Symbols - 1);
                    if (!values.TryAdd(tokens[2 * j], tokens[(2 * j) + 1])) Assert.Equal(values[tokens[2 * j]], tokens[(2 * j) + 1]);
                }

                Assert.Equal(values[tokens[^2]], tokens[^1]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_asked_for_is_the_last_token_and_in_recall_every_value(int index)
    {
        var task = Tasks[index];
        Assert.True(task.IsAsked(task.Length - 1));
        var asked = Enumerable.Range(0, task.Length).Count(task.IsAsked);
        Assert.Equal(task is InductionHeadTask ? 1 : ((task.Length - 2) / 2) + 1, asked);
        var (ids, targets) = new LanguageExamples(task, new(3), 0).Next(2, allTokens: false, Device.Cpu);
        Assert.Equal(2 * asked, targets.ToArray<int>().Count(target => target >= 0));
        var (again, all) = new LanguageExamples(task, new(3), 0).Next(2, allTokens: true, Device.Cpu);
        Assert.Equal(ids.ToArray<int>(), again.ToArray<int>());
        Assert.Equal(ids.ToArray<int>()[1..task.Length], all.ToArray<int>()[..(task.Length - 1)]);
    }

    [Fact]
    public void A_training_set_is_gone_through_again_and_again()
    {
        var examples = new LanguageExamples(Tasks[0], new(3), 6);
        Assert.Equal(Epoch(), Epoch());

        string[] Epoch() => [.. Enumerable.Range(0, 3).SelectMany(_ => examples.Next(2, true, Device.Cpu).Ids.ToArray<int>().Chunk(Tasks[0].Length)).Select(row => string.Join(' ', row)).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void A_small_induction_head_is_learned_and_equal_runs_give_equal_records()
    {
        var run = new LanguageRun(new InductionHeadTask(6, 6), LanguageMixer.S4d, new(16, 8, 300, 32, 1e-2), 1);
        var result = Train(run);
        var record = LanguageRecord.FromJson(result);
        Assert.InRange(record.Test, 0.9, 1);
        Assert.Equal(record.Validation, record.Curve.Max(point => point.Accuracy));
        Assert.Equal(record.BestStep, record.Curve.MaxBy(point => point.Accuracy)!.Step);
        Assert.Equal(result.ToJsonString(), Train(run).ToJsonString());

        static System.Text.Json.Nodes.JsonNode Train(LanguageRun run) => LanguageTraining.Run(run, new(_ => { }, CancellationToken.None)).Result;
    }

    [SkippableTheory]
    [InlineData(nameof(LanguageMixer.H3))]
    [InlineData(nameof(LanguageMixer.Attention))]
    [InlineData(nameof(LanguageMixer.S4d))]
    public void Training_on_a_GPU_does_what_training_on_the_processor_does(string mixer)
    {
        Skip.IfNot(CudaDevice.TryCreate(0, out _, out var reason), reason);
        LanguageRecord On(Device device) => LanguageRecord.FromJson(LanguageTraining.Run(
            new(new InductionHeadTask(6, 6), Enum.Parse<LanguageMixer>(mixer), new LanguageSize(16, 8, 20, 32, 1e-3) { Device = device }, 1), new(_ => { }, CancellationToken.None)).Result);
        Assert.All(On(Device.Cpu).Curve.Zip(On(Device.Cuda()).Curve), pair => Assert.Equal(pair.First.Loss, pair.Second.Loss, 1e-3));
    }

    [Theory]
    [InlineData(0, 46_784)]
    [InlineData(1, 46_464)]
    public void Models_of_the_published_size_have_the_published_number_of_parameters(int task, long count)
    {
        using var model = new SequenceModel(new LanguageRun(Tasks[task], LanguageMixer.H3, new(32, 64, 1, 1, 1e-3), 0).Model, null);
        Assert.Equal(count, model.ParameterCount);
        var groups = new LanguageRun(Tasks[task], LanguageMixer.H3, new(32, 64, 1, 1, 3e-3), 0).Groups(model);
        Assert.Equal(count, groups.Sum(group => group.Parameters.Sum(parameter => parameter.Value.Count)));
        Assert.Equal(2 * 6, groups[1].Parameters.Count);
        Assert.Equal(1.0 / 3, groups[1].RateMultiplier, 12);
    }

    [Fact]
    public void Two_of_three_seeds_reach_the_second_best_accuracy()
    {
        Assert.Equal(0.5, LanguageGroup.Reached([0.9, 0.1, 0.5]));
        Assert.Equal(0.1, LanguageGroup.Reached([0.9, 0.1]));
        Assert.Equal(0.3, LanguageGroup.Reached([0.3]));
        Assert.Equal(3, LanguageGroup.Reached([6, 5, 4, 3, 2, 1]));
    }
}
