using StateSpace.Training.Distributed;
using StateSpace.Training.LanguageModels;

namespace StateSpace.Training.Tests.Distributed;

public sealed class LaunchEnvironmentTests
{
    [Fact]
    public void A_process_that_was_not_launched_as_one_of_several_is_alone()
    {
        Assert.Null(Read());
        Assert.Null(Read("WORLD_SIZE=1", "RANK=0"));
    }

    [Fact]
    public void The_variables_of_a_launcher_are_read_and_written_alike()
    {
        var environment = Read("WORLD_SIZE=4", "RANK=3", "LOCAL_RANK=1", "MASTER_ADDR=node0", "MASTER_PORT=29500");
        Assert.Equal(new(3, 4, 1, "node0", 29500), environment);
        Assert.Equal(environment, Read([.. environment!.Variables().Select(variable => $"{variable.Name}={variable.Value}")]));
    }

    [Fact]
    public void The_port_that_an_agent_of_torchrun_holds_is_left_to_it() =>
        Assert.Equal(29501, Read("WORLD_SIZE=2", "RANK=0", "MASTER_ADDR=localhost", "MASTER_PORT=29500", "TORCHELASTIC_USE_AGENT_STORE=True")!.Port);

    [Theory]
    [InlineData("WORLD_SIZE is set but RANK is not", "WORLD_SIZE=2")]
    [InlineData("WORLD_SIZE is 'two', it must be a whole number from 1", "WORLD_SIZE=two")]
    [InlineData("RANK is '2', it must be a whole number from 0 to 1", "WORLD_SIZE=2", "RANK=2")]
    [InlineData("RANK is '-1'", "WORLD_SIZE=2", "RANK=-1")]
    [InlineData("MASTER_ADDR is not set", "WORLD_SIZE=2", "RANK=0")]
    [InlineData("MASTER_PORT is not", "WORLD_SIZE=2", "RANK=0", "MASTER_ADDR=localhost")]
    [InlineData("MASTER_PORT is '70000'", "WORLD_SIZE=2", "RANK=0", "MASTER_ADDR=localhost", "MASTER_PORT=70000")]
    public void What_is_missing_or_wrong_is_named(string message, params string[] variables) =>
        Assert.Contains(message, Assert.Throws<TrainingInputException>(() => Read(variables)).Message, StringComparison.Ordinal);

    private static LaunchEnvironment? Read(params string[] variables)
    {
        var all = variables.Select(text => text.Split('=')).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return LaunchEnvironment.Read(all.GetValueOrDefault);
    }
}
