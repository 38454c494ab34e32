using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StateSpace.Cli.Terminal;
using StateSpace.Tensors.Cuda;
using StateSpace.Training.Distributed;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm launch</c>: a command in several processes of this machine that know one another.</summary>
internal static class LaunchCommand
{
    /// <summary>How long the others may take to end by themselves after one failed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var gpus = CommonOptions.WholeNumber("--gpus", "Processes, each with a GPU of its own", 1, 64);
        var processes = CommonOptions.WholeNumber("--processes", "Processes, for a command on the CPU", 1, 64);
        var words = new Argument<string[]>("COMMAND") { Description = "Command of this program with its options, such as train lm", HelpName = "COMMAND…", Arity = ArgumentArity.ZeroOrMore };
        var command = new ProgramCommand(
            "launch",
            "Run a command in several processes of this machine, which share its work: sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT as torchrun does. "
            + "Only the first process writes to the terminal. When one fails, all end.",
            ("ssm launch --gpus 2 train lm --data book.txt --device cuda", "train on two GPUs"),
            ("ssm launch --processes 2 train lm --data book.txt --preset tiny", "the same on the CPU"))
        {
            gpus, processes, words,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(parse =>
        {
            string[] rest = [.. parse.GetValue(words) ?? [], .. parse.UnmatchedTokens];
            if (rest.Length == 0) throw new UsageException("launch what? give a command, such as: ssm launch --gpus 2 train lm --data FILE --device cuda");
            var (onGpus, onCpu) = (parse.GetValue(gpus), parse.GetValue(processes));
            if (onGpus is null == onCpu is null) throw new UsageException("give --gpus N, or --processes N for the CPU");
            if (onGpus > CudaDevice.Count) throw new UsageException($"--gpus {onGpus}: {(CudaDevice.Count == 0 ? "there is no usable GPU; 'ssm info' says why" : $"there are {CudaDevice.Count}")}");
            return Run((int)(onGpus ?? onCpu)!, rest);
        });
        return command;
    }

    private static int Run(int count, string[] arguments)
    {
        // A terminal's Ctrl+C reaches the processes too; they save and end, and this one waits for them.
        using var interruption = new Interruption();
        var port = FreePort();
        var last = new string[count];
        var children = Enumerable.Range(0, count).Select(rank => Start(new(rank, count, rank, "127.0.0.1", port), arguments, line => last[rank] = line)).ToArray();
        try
        {
            if (Watch(children) is not { } failed) return ExitCode.Done;
            var code = children[failed].ExitCode;
            if (failed != 0) Console.Error.WriteLine($"ssm: process {failed} ended with code {code}: {last[failed] ?? "it wrote nothing"}");
            return code;
        }
        finally
        {
            foreach (var child in children)
            {
                if (!child.HasExited) child.Kill(entireProcessTree: true);
                child.Dispose();
            }
        }
    }

    /// <summary>Waits for all, or for as long as the others may take once one has failed; gives the one to report.</summary>
    private static int? Watch(Process[] children)
    {
        int? first = null;
        var since = Stopwatch.StartNew();
        while (children.Any(child => !child.HasExited))
        {
            Thread.Sleep(50);
            first ??= Failed(children);
            if (first is null) since.Restart();
            else if (since.Elapsed > Grace) return first;
        }

        // Process 0 has told the person what it knows, also of others; otherwise the first that failed is the cause.
        return children[0].ExitCode != 0 ? 0 : first ?? Failed(children);
    }

    private static int? Failed(Process[] children)
    {
        var index = Array.FindIndex(children, child => child.HasExited && child.ExitCode != 0);
        return index < 0 ? null : index;
    }

    private static Process Start(LaunchEnvironment environment, string[] arguments, Action<string> note)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is not known");
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = environment.Rank > 0, RedirectStandardError = environment.Rank > 0 };

        // Under the dotnet host the program itself is the first argument.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment.Variables()) start.Environment[name] = value;
        var child = Process.Start(start)!;
        if (environment.Rank == 0) return child;
        child.OutputDataReceived += (_, _) => { };
        child.ErrorDataReceived += (_, line) =>
        {
            if (!string.IsNullOrWhiteSpace(line.Data)) note(line.Data);
        };
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        return child;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
