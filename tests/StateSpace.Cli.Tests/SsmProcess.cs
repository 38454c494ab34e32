using System.Diagnostics;

namespace StateSpace.Cli.Tests;

/// <summary>What a process wrote and how it ended.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error)
{
    /// <summary>The lines of standard error.</summary>
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The program as a process, in a working folder of its own.</summary>
internal sealed class SsmProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private SsmProcess(string assembly, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["exec", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The program that people get.</summary>
    public static Ended Ssm(string folder, params string[] arguments) => RunToEnd("ssm.dll", folder, arguments);

    /// <summary>The program with the sample study in its catalog.</summary>
    public static Ended Host(string folder, params string[] arguments) => RunToEnd(TestHostAssembly, folder, arguments);

    /// <summary>The program that people get, still running.</summary>
    public static SsmProcess StartSsm(string folder, params string[] arguments) => new("ssm.dll", folder, arguments);

    /// <summary>The program with the sample study, still running.</summary>
    public static SsmProcess Start(string folder, params string[] arguments) => new(TestHostAssembly, folder, arguments);

    public void Kill() => _process.Kill();

    /// <summary>Kills the process that this one started last.</summary>
    public void KillNewestChild()
    {
        using var kill = Process.Start("pkill", ["-KILL", "-n", "-P", _process.Id.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>Sends what a terminal sends on Ctrl+C.</summary>
    public void Interrupt()
    {
        using var kill = Process.Start("kill", ["-INT", _process.Id.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>Waits until something is so or the process has ended.</summary>
    public void WaitUntil(Func<bool> condition)
    {
        for (var clock = Stopwatch.StartNew(); !condition() && !_process.HasExited; Thread.Sleep(2))
            if (clock.Elapsed > Limit) throw new TimeoutException($"what was waited for did not come within {Limit}");
    }

    public Ended Wait()
    {
        if (!_process.WaitForExit(Limit))
        {
            _process.Kill();
            throw new TimeoutException($"the process did not end within {Limit}");
        }

        return new(_process.ExitCode, _output.Result, _error.Result);
    }

    public void Dispose() => _process.Dispose();

    private static string TestHostAssembly => typeof(SsmProcess).Assembly.GetName().Name + ".dll";

    private static Ended RunToEnd(string assembly, string folder, string[] arguments)
    {
        using var process = new SsmProcess(assembly, folder, arguments);
        return process.Wait();
    }
}
