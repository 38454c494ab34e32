using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Spectre.Console;
using Spectre.Console.Rendering;
using StateSpace.Cli.Commands;
using StateSpace.Studies;

namespace StateSpace.Cli.Terminal;

/// <summary>
/// Shows how far a run is, on standard error: in a terminal a bar for the whole and one for each running job, five times a
/// second; elsewhere a line per tenth of the work.
/// </summary>
internal sealed class RunProgress(PlannedRun run)
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(0.2);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly StudyProgress _progress = run.Runner.Progress;
    private readonly int _height = Screen.Error().Profile.Height;

    /// <summary>Runs <paramref name="work"/> on another thread and shows its progress until it ends.</summary>
    public static T Watch<T>(PlannedRun run, bool quiet, Func<T> work)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception error)
            {
                failure = error;
            }
        })
        { IsBackground = true, Name = "run" };
        var display = new RunProgress(run);
        thread.Start();
        if (Screen.CanDrawProgress) display.Draw(thread);
        else if (quiet) thread.Join();
        else display.PrintTenths(thread);
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        return result;
    }

    private double Fraction => _progress.TotalWeight > 0
        ? _progress.DoneWeight / _progress.TotalWeight
        : (double)_progress.Done / Math.Max(1, _progress.Jobs.Count);

    private void Draw(Thread thread) =>
        Screen.Error().Live(Frame()).AutoClear(true).Start(live =>
        {
            while (!thread.Join(Refresh)) live.UpdateTarget(Frame());
        });

    private void PrintTenths(Thread thread)
    {
        var printed = 0;
        while (true)
        {
            var ended = thread.Join(Refresh);
            var tenths = (int)(10 * Fraction);
            if (tenths > printed && _progress.Done > 0)
            {
                printed = tenths;
                Console.Error.WriteLine($"{run.Study.Description.Name}: {_progress.Done} of {_progress.Jobs.Count} jobs, {tenths * 10} %, {Duration(_clock.Elapsed)}");
            }

            if (ended) return;
        }
    }

    private Rows Frame()
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap().RightAligned()).AddColumn(new GridColumn().NoWrap());
        grid.AddRow(
            new Markup($"[bold]{Shortened(run.Study.Description.Name + " " + run.Runner.Configuration.Options.Preset)}[/]"),
            Bar(Fraction, "green"),
            Percent(Fraction),
            new Text($"{_progress.Done}/{_progress.Jobs.Count} jobs  {Rate()}  {TimeLeft()}"));
        foreach (var job in _progress.Jobs.Where(job => job.State == JobState.Running).Take(Math.Max(1, _height - 3)))
            grid.AddRow(new Markup($"[dim]{Markup.Escape(Shortened(job.Job.Title))}[/]"), Bar(job.Fraction, "blue"), Percent(job.Fraction), Text.Empty);
        return new Rows(grid);
    }

    private static Text Percent(double fraction) => new($"{100 * fraction:0} %");

    private static Markup Bar(double fraction, string color)
    {
        var full = (int)Math.Round(BarWidth * Math.Clamp(fraction, 0, 1));
        return new Markup($"[{color}]{new string('━', full)}[/][dim]{new string('─', BarWidth - full)}[/]");
    }

    private static string Shortened(string title) => title.Length <= 32 ? title : title[..31] + "…";

    private string Rate()
    {
        var computed = _progress.Jobs.Count(job => job.State == JobState.Done);
        if (computed == 0) return "";
        var perSecond = computed / _clock.Elapsed.TotalSeconds;
        return perSecond >= 1 ? $"{perSecond:0.0} jobs/s" : $"{60 * perSecond:0.0} jobs/min";
    }

    private string TimeLeft()
    {
        var computed = _progress.DoneWeight - _progress.RestoredWeight;
        var left = _progress.TotalWeight - _progress.DoneWeight;
        if (computed <= 0 || _clock.Elapsed < TimeSpan.FromSeconds(1)) return "";
        return $"{Duration(TimeSpan.FromSeconds(Math.Min(_clock.Elapsed.TotalSeconds * left / computed, 359_999)))} left";
    }

    private static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"
        : $"{time.Minutes}:{time.Seconds:00}";
}
