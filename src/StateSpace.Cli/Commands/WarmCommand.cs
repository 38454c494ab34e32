using System.CommandLine;
using System.Diagnostics;
using StateSpace.Cli.Terminal;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm warm</c>: compiles every GPU kernel now, so that nothing waits for it later.</summary>
internal static class WarmCommand
{
    public static Command Create()
    {
        var device = new Option<string>("--device") { Description = "The GPU to compile for", HelpName = "cuda|cuda:N", DefaultValueFactory = _ => "cuda" };
        var command = new ProgramCommand(
            "warm",
            "Compile every GPU kernel for this machine's GPU and keep the results on disk. Without it each is compiled when it is first used.",
            ("ssm warm", "once after installing, or when an image is built"))
        {
            device,
        };
        command.SetAction(parse =>
        {
            var on = CommonOptions.RequireDevice(parse.GetValue(device));
            if (on.IsCpu) throw new UsageException("--device cpu: there is nothing to compile for the CPU");
            return Run(CudaDevice.Of(on));
        });
        return command;
    }

    private static int Run(CudaDevice device)
    {
        using var interruption = new Interruption();
        var programs = KernelVariants.All();
        var (done, cached) = (0, 0);
        var failures = new List<string>();
        var gate = new Lock();
        var watch = Stopwatch.StartNew();
        var options = new ParallelOptions { CancellationToken = interruption.Token, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.ForEach(programs, options, program =>
        {
            try
            {
                KernelCompiler.Image(program, device.Capability, out var wasCached);
                if (wasCached) Interlocked.Increment(ref cached);
            }
            catch (CudaException error)
            {
                lock (gate) failures.Add(error.Message);
            }

            lock (gate)
            {
                done++;
                if (Screen.CanDrawProgress) Console.Error.Write($"\r{done} of {programs.Count} {program}".PadRight(99)[..99]);
            }
        });
        if (Screen.CanDrawProgress) Console.Error.Write($"\r{new string(' ', 99)}\r");
        foreach (var failure in failures) Console.Error.WriteLine(failure);
        Console.Out.WriteLine($"{programs.Count} programs for {device.Name}: {programs.Count - cached - failures.Count} compiled, {cached} were there, {failures.Count} failed; {watch.Elapsed.TotalSeconds:f1} s");
        Console.Out.WriteLine($"Cache   {KernelCache.Folder ?? "none: set SSM_CUDA_CACHE to a folder that can be written"}");
        return failures.Count == 0 ? ExitCode.Done : ExitCode.CheckFailed;
    }
}
