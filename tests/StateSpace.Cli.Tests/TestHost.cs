using StateSpace.Studies;
using StateSpace.Studies.Tests.Framework;

namespace StateSpace.Cli.Tests;

/// <summary>
/// The program with the sample study in its catalog: tests start this assembly as a process, to stop and kill it, while the
/// program that people get has no study for tests.
/// </summary>
internal static class TestHost
{
    public static int Main(string[] args) => CommandLine.Run(args, [new SampleStudy(), .. StudyCatalog.All]);
}
