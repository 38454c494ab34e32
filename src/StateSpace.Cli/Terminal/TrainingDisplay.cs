using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Spectre.Console;
using StateSpace.Cli.Commands;
using StateSpace.Training.LanguageModels.Runs;

namespace StateSpace.Cli.Terminal;

/// <summary>
/// Shows how far a training run is, on standard error: in a terminal a line that is drawn over itself five times a second; elsewhere
/// a line every twentieth of the steps, and at least one a minute.
/// </summary>
internal sealed class TrainingDisplay(string name, TrainingProgress progress)
{
    private const int BarWidth = 20;
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    /// <summary>Runs <paramref name="work"/> on another thread and shows its progress until it ends.</summary>
    public static T Watch<T>(PlannedTraining run, LanguageModelTrainer trainer, bool quiet, Func<T> work)
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
        { IsBackground = true, Name = "train" };
        var display = new TrainingDisplay(run.Folder.Configuration.Model, trainer.Progress);
        thread.Start();
        if (quiet) thread.Join();
        else if (Screen.CanDrawProgress) display.Draw(thread);
        else display.Print(thread);
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        return result;
    }

    private void Draw(Thread thread)
    {
        Screen.Error().Live(Frame()).AutoClear(true).Start(live =>
        {
            while (!thread.Join(Refresh)) live.UpdateTarget(Frame());
        });
        PrintNotes();
    }

    private void PrintNotes()
    {
        while (progress.TakeNote() is { } note) Console.Error.WriteLine($"{name}: {note}");
    }

    private void Print(Thread thread)
    {
        var (printed, since) = (0L, Stopwatch.StartNew());
        while (true)
        {
            var ended = thread.Join(Refresh);
            PrintNotes();
            var step = progress.Step;
            if (printed == 0) printed = Math.Max(1, step);
            if (step > printed && (20 * step / progress.Steps > 20 * printed / progress.Steps || since.Elapsed > LongestSilence))
            {
                (printed, since) = (step, Stopwatch.StartNew());
                Console.Error.WriteLine($"{name}: step {step} of {progress.Steps}, {string.Join(", ", Measured())}");
            }

            if (ended) return;
        }
    }

    private Columns Frame()
    {
        var fraction = (double)progress.Step / progress.Steps;
        var full = (int)Math.Round(BarWidth * fraction);
        var activity = progress.Activity.Length > 0 ? $"  {progress.Activity}" : "";
        var line = $"{progress.Step}/{progress.Steps}  {string.Join("  ", Measured())}{activity}";
        return new Columns(new Markup($"[bold]{Markup.Escape(name)}[/] [green]{new string('━', full)}[/][dim]{new string('─', BarWidth - full)}[/] {Markup.Escape(line)}")) { Expand = false };
    }

    private IEnumerable<string> Measured()
    {
        if (!double.IsNaN(progress.Loss)) yield return Invariant($"loss {progress.Loss:0.000}");
        if (!double.IsNaN(progress.HeldOut)) yield return Invariant($"held-out {progress.HeldOut:0.000} nats/byte");
        if (progress.TokensPerSecond > 0) yield return Invariant($"{progress.TokensPerSecond:N0} tokens/s");
        if (progress.Utilisation > 0) yield return Invariant($"{100 * progress.Utilisation:0.0} % of peak");
        if (progress.SecondsPerStep > 0) yield return $"{Duration(progress.SecondsPerStep * (progress.Steps - progress.Step))} left";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Duration(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Min(seconds, 359_999));
        return time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";
    }
}
