namespace StateSpace.Tensors.Tests.Cpu;

/// <summary>Tests that set the number of threads or expect a loop to get the team: they run alone.</summary>
[CollectionDefinition("CpuTeam", DisableParallelization = true)]
public sealed class CpuTeamCollection;
