using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.LanguageModels;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.Tests.LanguageModels;

public sealed class SettingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ssm-settings-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_list_covers_every_property_and_reads_back_what_it_writes()
    {
        Assert.Equal(typeof(LanguageModelSettings).GetProperties().Length, SettingList.All.Count);
        Assert.Equal(SettingList.All.Count, SettingList.All.Select(setting => setting.Name).Distinct().Count());
        var settings = Changed();
        var copy = SettingList.All.Aggregate(new LanguageModelSettings(), (all, setting) => setting.Write(all, JsonSerializer.SerializeToElement(setting.Read(settings)), "test"));
        Assert.Equal(settings, copy);
    }

    [Theory]
    [InlineData("{\"widht\": 3}", "unknown key 'widht'<widht>; 'ssm train lm --list' shows all")]
    [InlineData("{\"width\": 0}", "width is 0, it must be a whole number from 1 to 65536")]
    [InlineData("{\"width\": 1.5}", "width is 1.5, it must be a whole number from 1 to 65536")]
    [InlineData("{\"rate\": \"high\"}", "rate is 'high', it must be a number from 0 to 10")]
    [InlineData("{\"mode\": \"stream\"}", "mode is 'stream', it must be packed or carried")]
    [InlineData("{\"tied_head\": 1}", "tied_head is 1, it must be true or false")]
    [InlineData("{\"width\": 8, \"width\": 9}", "width is given twice")]
    [InlineData("{\"seed\": -1}", "seed must be a whole number from 0 on")]
    [InlineData("{\"data\": 5}", "data must be a list of files")]
    [InlineData("[]", "must hold an object in braces")]
    public void A_wrong_file_is_one_clear_line(string json, string message)
    {
        var path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, json);
        Assert.Equal($"{path}: {message}", Assert.Throws<TrainingInputException>(() => RequestFile.Read(path, (name, _) => $"<{name}>")).Message);
    }

    [Fact]
    public void A_configuration_reads_back_and_can_be_given_as_a_request()
    {
        var configuration = Configuration();
        var path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, configuration.ToJson());
        var read = RunConfiguration.Read(path);
        Assert.Equal(configuration.ToJson(), read.ToJson());
        Assert.Null(configuration.DifferenceFrom(read));

        var request = RequestFile.Read(path, (_, _) => "");
        Assert.Equal(("mamba", "small", 7L), (request.Model, request.Preset, request.Seed));
        Assert.Equal(["a.txt"], request.Data);
        Assert.Equal(configuration.Settings, request.Settings.Aggregate(new LanguageModelSettings(), (all, given) => given.Setting.Write(all, given.Value, path)));
    }

    [Fact]
    public void A_configuration_of_an_older_program_has_the_defaults_of_what_that_did_not_know()
    {
        var configuration = Configuration();
        var json = JsonNode.Parse(configuration.ToJson())!.AsObject();
        Assert.True(json.Remove("capture") && json.Remove("tf32"));
        var path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, json.ToJsonString());
        Assert.Equal(configuration.Settings with { Capture = true, TensorFloat32 = false }, RunConfiguration.Read(path).Settings);
    }

    [Fact]
    public void A_difference_is_named()
    {
        var mine = Configuration();
        Assert.Equal("seed is 7, not 8", mine.DifferenceFrom(mine with { Seed = 8 }));
        Assert.Equal("width is 24, not 32", mine.DifferenceFrom(mine with { Settings = mine.Settings with { Width = 32 } }));
        Assert.Equal("data file a.txt has changed since the run began", mine.DifferenceFrom(mine with { Data = [new("a.txt", 3, "cd")] }));
        Assert.Null(mine.DifferenceFrom(mine with { Data = [new("moved/a.txt", 3, "ab")] }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"task\": \"lm\", \"format\": 1}")]
    [InlineData("[1]")]
    public void A_damaged_configuration_is_one_clear_line(string json)
    {
        var path = Path.Combine(_folder, "config.json");
        File.WriteAllText(path, json);
        Assert.StartsWith($"{path}: is ", Assert.Throws<RunFolderException>(() => RunConfiguration.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_rate_rises_falls_and_ends_at_its_floor_in_the_last_step()
    {
        var schedule = new LanguageModelSettings { Steps = 100, Warmup = 10, Rate = 1, FinalRate = 0.1 }.Schedule();
        Assert.Equal(0.1, schedule.Rate(0), 12);
        Assert.Equal(1, schedule.Rate(10), 12);
        Assert.Equal(0.1, schedule.Rate(99), 12);
        Assert.All(Enumerable.Range(11, 88), step => Assert.True(schedule.Rate(step) < schedule.Rate(step - 1)));
    }

    private static RunConfiguration Configuration() => new("1.0", "mamba", "small", 7, "byte", "", "\n\n", [new DataFile("a.txt", 3, "ab")], Changed());

    private static LanguageModelSettings Changed() => new()
    {
        Width = 24,
        Layers = 2,
        State = 8,
        Heads = 3,
        HeadSize = 8,
        Expansion = 3,
        FeedForward = 50,
        Window = 9,
        Experts = 4,
        TiedHead = false,
        Mode = BatchMode.Carried,
        Batch = 3,
        Length = 17,
        Accumulation = 2,
        Steps = 9,
        Rate = 0.0123,
        FinalRate = 0.3,
        Warmup = 4,
        Decay = 0.02,
        Beta1 = 0.8,
        Beta2 = 0.9,
        Clip = 2.5,
        TensorFloat32 = true,
        Capture = false,
        Evaluation = EvaluationMode.Overlapping,
        EvaluateEvery = 3,
        EvaluationTokens = 99,
    };
}
