using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Cli.Terminal;
using StateSpace.Training.Distributed;
using StateSpace.Training.LanguageModels;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Runs;

namespace StateSpace.Cli.Commands;

/// <summary>One process of a training by several. Process 0 resolves the request, writes the folder and shows progress; the others follow it.</summary>
internal static class SharedTraining
{
    /// <summary>How long the processes wait for one another at the start: process 0 reads the text, and may measure, first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How long a reason may take to leave this process before it ends.</summary>
    private static readonly TimeSpan TimeToTell = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a process that fails may take to end by itself.</summary>
    private static readonly TimeSpan TimeToDispose = TimeSpan.FromSeconds(10);

    /// <summary>Runs this process's part.</summary>
    /// <param name="environment">What the launcher told.</param>
    /// <param name="request">What the person asked for, the same in every process.</param>
    /// <param name="json">Whether process 0 prints the outcome as JSON.</param>
    /// <param name="lead">Process 0's run.</param>
    public static int Run(LaunchEnvironment environment, TrainLmRequest request, bool json, Func<PlannedTraining, ICommunicator?, bool, int> lead)
    {
        using var group = environment.Rank == 0 ? null : ProcessGroup.Join(environment, Patience);
        return group is null ? Lead(environment, request, json, lead) : Guard(group, () => Follow(group, request));
    }

    private static int Lead(LaunchEnvironment environment, TrainLmRequest request, bool json, Func<PlannedTraining, ICommunicator?, bool, int> lead)
    {
        PlannedTraining run;
        try
        {
            run = request.Resolve(json ? null : Console.Error.WriteLine, environment.Size);
        }
        catch (Exception error)
        {
            // The others wait; they shall hear of it.
            using var refused = ProcessGroup.Host(environment, new JsonObject { ["error"] = error.Message }.ToJsonString(), TimeSpan.FromSeconds(10));
            throw;
        }

        using var group = ProcessGroup.Host(environment, new JsonObject { ["folder"] = Path.GetFullPath(run.Folder.Path) }.ToJsonString(), Patience);
        return Guard(group, () =>
        {
            using var communicator = Communicators.Create(group, run.Device);
            return lead(run, communicator, json);
        });
    }

    private static int Follow(ProcessGroup group, TrainLmRequest request)
    {
        var told = JsonNode.Parse(group.Payload)!.AsObject();
        if ((string?)told["error"] is { } error) throw new TrainingInputException(error);
        var folder = TrainingFolder.Open((string)told["folder"]!);
        if (folder.IsFinished) return ExitCode.Done;
        var run = request.Opened(folder);
        using var communicator = Communicators.Create(group, run.Device);
        using var interruption = new Interruption();
        using var trainer = new LanguageModelTrainer(folder.Configuration, run.Corpus, run.Tokenizer, run.Device, communicator);
        return trainer.Follow(folder, interruption.Token) ? ExitCode.Done : ExitCode.Interrupted;
    }

    /// <summary>Ends this process when another fails, and the others when this one does.</summary>
    private static int Guard(ProcessGroup group, Func<int> work)
    {
        // A collective operation that waits for a process that is gone may never end, so this process ends from here. Checkpoints are whole at any moment.
        group.Failed += failure =>
        {
            Console.Error.WriteLine($"ssm: {failure.Message}; the run can be resumed from its last checkpoint");
            Thread.Sleep(TimeToTell);
            ProcessEnd.Now(ExitCode.CheckFailed);
        };
        group.ThrowIfFailed();
        try
        {
            return work();
        }
        catch (Exception error) when (Tell(group, error))
        {
            throw;
        }
    }

    /// <summary>
    /// Tells the others that this process fails. As a filter it runs before anything is disposed, which may wait for the others, and catches nothing; should
    /// that never end, the process ends all the same.
    /// </summary>
    private static bool Tell(ProcessGroup group, Exception error)
    {
        var reason = error.Message.ReplaceLineEndings(" ");
        group.Fail(reason);
        new Thread(() =>
        {
            Thread.Sleep(TimeToDispose);
            Console.Error.WriteLine($"ssm: {reason}");
            ProcessEnd.Now(ExitCode.CheckFailed);
        })
        { IsBackground = true, Name = "end" }.Start();
        return false;
    }
}
