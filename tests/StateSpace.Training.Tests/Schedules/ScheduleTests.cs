using StateSpace.Training.Schedules;

namespace StateSpace.Training.Tests.Schedules;

public sealed class ScheduleTests
{
    [Fact]
    public void Constant_stays()
    {
        Assert.Equal(0.3, new ConstantSchedule(0.3).Rate(0));
        Assert.Equal(0.3, new ConstantSchedule(0.3).Rate(1_000_000_007));
    }

    [Fact]
    public void Cosine_starts_at_its_start_passes_the_middle_and_stays_at_its_floor()
    {
        var schedule = new CosineSchedule(0.9, 100, 0.1);
        Assert.Equal(0.9, schedule.Rate(0), 15);
        Assert.Equal(0.5, schedule.Rate(50), 15);
        Assert.Equal(0.1 + (0.8 * (1 + Math.Cos(Math.PI / 4)) / 2), schedule.Rate(25), 15);
        Assert.Equal(0.1, schedule.Rate(100));
        Assert.Equal(0.1, schedule.Rate(long.MaxValue));
        Assert.Equal(0.1, new CosineSchedule(0.9, 0, 0.1).Rate(0));
    }

    [Fact]
    public void Linear_goes_straight_and_stays_at_its_end()
    {
        var schedule = new LinearSchedule(1, 0.2, 4);
        Assert.Equal([1, 0.8, 0.6, 0.4, 0.2, 0.2], Enumerable.Range(0, 6).Select(step => Math.Round(schedule.Rate(step), 14)));
        Assert.Equal(0.2, schedule.Rate(4));
    }

    [Fact]
    public void Warmup_rises_to_the_first_rate_and_then_follows_the_other_schedule_from_its_beginning()
    {
        var then = new CosineSchedule(0.8, 10, 0);
        var schedule = new WarmupSchedule(4, then);
        Assert.Equal([0.2, 0.4, 0.6, 0.8, 0.8], Enumerable.Range(0, 5).Select(step => Math.Round(schedule.Rate(step), 14)));
        for (var step = 0; step < 20; step++) Assert.Equal(then.Rate(step), schedule.Rate(step + 4));
        Assert.Equal(then.Rate(3), new WarmupSchedule(0, then).Rate(3));
    }

    [Fact]
    public void A_negative_step_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConstantSchedule(1).Rate(-1));
    }
}
