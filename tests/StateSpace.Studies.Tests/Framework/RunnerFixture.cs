using System.Text.Json;

namespace StateSpace.Studies.Tests.Framework;

/// <summary>Runs the sample study in folders of its own.</summary>
public abstract class RunnerFixture : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ssm-test-").FullName;

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string At(string name) => Path.Combine(_root, name);

    internal static StudyOptions Options(int seeds = 2, params (string Name, string Value)[] settings)
    {
        var all = new SampleStudy().Description.Settings.ToDictionary(setting => setting.Name, setting => setting.Default, StringComparer.Ordinal);
        foreach (var (name, value) in settings) all[name] = value;
        return new("quick", 0, seeds, all);
    }

    internal StudyRunner Start(string name, StudyOptions options, out RunFolder folder)
    {
        var runner = new StudyRunner(new SampleStudy(), options);
        folder = RunFolder.Create(At(name), runner.Configuration);
        return runner;
    }

    internal byte[] Metrics(string name) => File.ReadAllBytes(Path.Combine(At(name), "metrics.jsonl"));

    /// <summary>Everything of a result that must not depend on how it was computed.</summary>
    internal static string Text(StudyResult result) => JsonSerializer.Serialize(result with { ElapsedSeconds = 0 }, TextOptions);

    private static readonly JsonSerializerOptions TextOptions = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
