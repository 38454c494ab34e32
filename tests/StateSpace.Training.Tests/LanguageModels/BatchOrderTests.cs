using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Training.LanguageModels.Data;

namespace StateSpace.Training.Tests.LanguageModels;

public sealed class BatchOrderTests
{
    public static TheoryData<BatchMode, int, int, int, int> Shapes()
    {
        var data = new TheoryData<BatchMode, int, int, int, int>();
        foreach (var mode in Enum.GetValues<BatchMode>())
            foreach (var (count, batch, length, parts) in new[] { (2, 1, 1, 1), (17, 3, 16, 1), (100, 2, 7, 2), (257, 5, 15, 1), (1000, 4, 33, 3) })
                data.Add(mode, count, batch, length, parts);
        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_target_is_the_token_after_the_one_that_is_read(BatchMode mode, int count, int batch, int length, int parts)
    {
        using var scope = new TensorScope();
        var order = Order(mode, count, batch, length, parts, seed: 3);
        for (var step = 0; step < 40; step++)
        {
            for (var part = 0; part < parts; part++)
            {
                var (ids, targets, _) = order.Take(step, part);
                Assert.Equal([batch, length], ids.Shape.ToArray());
                foreach (var (id, target) in ids.ToArray<int>().Zip(targets.ToArray<int>())) Assert.Equal(id + 1, target);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_batch_depends_on_seed_and_step_alone(BatchMode mode, int count, int batch, int length, int parts)
    {
        using var scope = new TensorScope();
        var forward = Order(mode, count, batch, length, parts, seed: 3);
        var inOrder = Enumerable.Range(0, 40).Select(step => forward.Take(step, parts - 1).Ids.ToArray<int>()).ToList();
        var backward = Order(mode, count, batch, length, parts, seed: 3);
        for (var step = 39; step >= 0; step--) Assert.Equal(inOrder[step], backward.Take(step, parts - 1).Ids.ToArray<int>());
    }

    [Fact]
    public void An_epoch_of_packed_windows_reads_every_window_once_and_another_epoch_in_another_order()
    {
        using var scope = new TensorScope();
        var order = Order(BatchMode.Packed, 1000, 1, 10, 1, seed: 1);
        const int windows = 99;
        var first = Enumerable.Range(0, windows).Select(step => order.Take(step, 0).Ids.ToArray<int>()[0]).ToList();
        var second = Enumerable.Range(windows, windows).Select(step => order.Take(step, 0).Ids.ToArray<int>()[0]).ToList();
        Assert.Equal(windows, first.Distinct().Count());
        Assert.Single(first.Select(id => id % 10).Distinct());
        Assert.Equal(windows, second.Distinct().Count());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Carried_readers_go_on_where_they_stopped_and_begin_anew_at_the_end_of_the_text()
    {
        using var scope = new TensorScope();
        var order = Order(BatchMode.Carried, 103, 3, 10, 1, seed: 1);
        var (ends, anew) = (new int[3], 0);
        for (var step = 0; step < 25; step++)
        {
            var (ids, _, resets) = order.Take(step, 0);
            for (var row = 0; row < 3; row++)
            {
                var begin = ids.ToArray<int>()[row * 10];
                var isReset = resets is not null && resets.ToArray<int>()[row * 10] == 1;
                if (step > 0 && !isReset) Assert.Equal(ends[row], begin);
                if (isReset) anew++;
                ends[row] = begin + 10;
            }
        }

        Assert.InRange(anew, 6, 8);
    }

    [Fact]
    public void A_document_that_begins_within_a_packed_window_resets_there_and_its_first_token_needs_no_flag()
    {
        using var scope = new TensorScope();
        var text = new TokenText([.. Enumerable.Range(0, 101)], [0, 7, 42]);
        var order = BatchOrder.Create(BatchMode.Packed, text, 9, 10, 1, new(5));
        var (ids, _, resets) = order.Take(0, 0);
        Assert.NotNull(resets);
        var (read, flags) = (ids.ToArray<int>(), resets.ToArray<int>());
        for (var i = 0; i < read.Length; i++) Assert.Equal(read[i] is 0 or 7 or 42 && i % 10 != 0 ? 1 : 0, flags[i]);
    }

    private static BatchOrder Order(BatchMode mode, int count, int batch, int length, int parts, ulong seed) =>
        BatchOrder.Create(mode, new([.. Enumerable.Range(0, count)], [0]), batch, length, parts, new RandomSource(seed));
}
