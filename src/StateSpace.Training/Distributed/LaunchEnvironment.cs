using System.Globalization;
using StateSpace.Training.LanguageModels;

namespace StateSpace.Training.Distributed;

/// <summary>What a launcher tells a process of a training by several: the variables of torchrun, which Slurm and Kubernetes operators set too.</summary>
/// <param name="Rank">Number of the process, from 0 (RANK).</param>
/// <param name="Size">Number of processes (WORLD_SIZE).</param>
/// <param name="LocalRank">Number of the process on its machine, which is that of its GPU (LOCAL_RANK).</param>
/// <param name="Host">Where process 0 listens (MASTER_ADDR).</param>
/// <param name="Port">At which port (MASTER_PORT).</param>
public sealed record LaunchEnvironment(int Rank, int Size, int LocalRank, string Host, int Port)
{
    private const string RankName = "RANK", SizeName = "WORLD_SIZE", LocalRankName = "LOCAL_RANK", HostName = "MASTER_ADDR", PortName = "MASTER_PORT";

    /// <summary>The variables of this process; null where it was not launched as one of several.</summary>
    /// <exception cref="TrainingInputException">A variable is missing or not usable.</exception>
    public static LaunchEnvironment? Read() => Read(Environment.GetEnvironmentVariable);

    /// <summary>The same from any source of variables.</summary>
    /// <param name="variable">From a name to a value, or null.</param>
    /// <exception cref="TrainingInputException">A variable is missing or not usable.</exception>
    public static LaunchEnvironment? Read(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        if (string.IsNullOrEmpty(variable(SizeName))) return null;
        var size = Number(SizeName, 1, 1 << 16);
        if (size == 1) return null;
        var rank = Number(RankName, 0, size - 1);
        var local = string.IsNullOrEmpty(variable(LocalRankName)) ? rank : Number(LocalRankName, 0, size - 1);
        var host = variable(HostName);
        if (string.IsNullOrEmpty(host)) throw new TrainingInputException($"{SizeName} is {size} but {HostName} is not set; start the processes with 'ssm launch', or set it to where process 0 runs");

        // The agent of torchrun listens at the port itself, for its own store.
        var port = Number(PortName, 1, 65534);
        var agent = string.Equals(variable("TORCHELASTIC_USE_AGENT_STORE"), "True", StringComparison.OrdinalIgnoreCase);
        return new(rank, size, local, host, agent ? port + 1 : port);

        int Number(string name, int minimum, int maximum)
        {
            var text = variable(name);
            if (string.IsNullOrEmpty(text)) throw new TrainingInputException($"{SizeName} is set but {name} is not; start the processes with 'ssm launch', or set it");
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum
                ? number
                : throw new TrainingInputException($"{name} is '{text}', it must be a whole number from {minimum} to {maximum}");
        }
    }

    /// <summary>The variables for a process, as <see cref="Read()"/> reads them.</summary>
    public IEnumerable<(string Name, string Value)> Variables()
    {
        yield return (RankName, Text(Rank));
        yield return (SizeName, Text(Size));
        yield return (LocalRankName, Text(LocalRank));
        yield return (HostName, Host);
        yield return (PortName, Text(Port));

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
