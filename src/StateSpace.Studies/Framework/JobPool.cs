using System.Runtime.ExceptionServices;
using StateSpace.Tensors.Cpu;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Studies;

/// <summary>Threads that take the jobs that are not restored, in plan order, until all are done, one fails or the run is cancelled.</summary>
internal sealed class JobPool(StudyProgress progress, JobJournal journal)
{
    private readonly Lock _gate = new();
    private int _taken = -1;
    private (int Index, Exception Error)? _failure;

    /// <summary>Returns when every job is journalled.</summary>
    public void Run(int threads, TimeSpan stopPatience, CancellationToken cancellation)
    {
        var left = progress.Jobs.Count(job => job.State == JobState.Waiting);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        // Threads of their own, not the pool's: jobs compute for minutes and must not keep short work waiting.
        var workers = Enumerable.Range(0, Math.Min(threads, left))
            .Select(i => new Thread(() => Work(stop)) { IsBackground = true, Name = $"study-{i}" })
            .ToList();
        workers.ForEach(worker => worker.Start());

        // A job that does not stop in time keeps its thread, but not the journal: it is closed when the runner returns.
        if (AllEnd(workers, stopPatience, stop.Token)) stop.Dispose();
        lock (_gate)
        {
            if (_failure is var (_, error)) ExceptionDispatchInfo.Throw(error);
        }

        cancellation.ThrowIfCancellationRequested();
    }

    private static bool AllEnd(List<Thread> workers, TimeSpan patience, CancellationToken stop)
    {
        DateTime? deadline = null;
        foreach (var worker in workers)
        {
            while (!worker.Join(TimeSpan.FromMilliseconds(20)))
            {
                if (!stop.IsCancellationRequested) continue;
                deadline ??= DateTime.UtcNow + patience;
                if (DateTime.UtcNow > deadline) return false;
            }
        }

        return true;
    }

    private void Work(CancellationTokenSource stop)
    {
        var token = stop.Token;

        // The pool has a thread for each processor already.
        using var single = CpuTeam.StayOnThread();
        while (!token.IsCancellationRequested)
        {
            var index = Interlocked.Increment(ref _taken);
            if (index >= progress.Jobs.Count) return;
            var job = progress.Jobs[index];
            if (job.State == JobState.Restored) continue;
            try
            {
                job.State = JobState.Running;
                var outcome = job.Job.Run(new JobContext(job.Report, token));
                token.ThrowIfCancellationRequested();
                journal.Add(index, outcome);
                job.State = JobState.Done;
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                var cause = error is RunFolderException or StudyInputException ? error : new StudyJobException(job.Job.Id, error);
                Fail(index, cause);
                stop.Cancel();
                return;
            }
        }
    }

    // Of several failures the one that comes first in the plan is reported, whichever thread was faster.
    private void Fail(int index, Exception error)
    {
        lock (_gate)
        {
            if (_failure is not var (first, _) || index < first) _failure = (index, error);
        }
    }
}
