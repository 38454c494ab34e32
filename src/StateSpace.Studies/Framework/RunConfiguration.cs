using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using StateSpace.Tensors;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Studies;

/// <summary>Everything that the bits of a run depend on; the content of <c>config.json</c>.</summary>
/// <param name="Format">Version of the run folder's layout.</param>
/// <param name="Program">Version of the program that computes.</param>
/// <param name="Study">Name of the study.</param>
/// <param name="Options">Resolved options.</param>
public sealed record RunConfiguration(int Format, string Program, string Study, StudyOptions Options)
{
    /// <summary>Version of the run folder's layout that this program writes and reads.</summary>
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Version of this program, with the commit where the build knows it.</summary>
    public static string CurrentProgram { get; } =
        typeof(RunConfiguration).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The configuration of a new run by this program.</summary>
    public static RunConfiguration New(string study, StudyOptions options) => new(CurrentFormat, CurrentProgram, study, options);

    /// <summary>The text of <c>config.json</c>; equal configurations give equal bytes.</summary>
    public string ToJson()
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Options.Settings) settings.Add(name, value);
        return JsonSerializer.Serialize(new ConfigurationFile(Format, Program, Study, Options.Preset, Options.Seed, Options.Seeds, settings, Options.Device.ToString()), Json) + "\n";
    }

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="RunFolderException">The file is missing, damaged or of another format.</exception>
    public static RunConfiguration Read(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize<ConfigurationFile>(File.ReadAllBytes(path), Json)
                ?? throw new JsonException("it holds no object");
            if (file.Format != CurrentFormat)
                throw RunFolderException.Unusable(path, $"has format {file.Format}, this program reads format {CurrentFormat}; start a new run");
            if (!Device.TryParse(file.Device, out var device)) throw new JsonException($"there is no device '{file.Device}'");
            return new(file.Format, file.Program, file.Study, new StudyOptions(file.Preset, file.Seed, file.Seeds, file.Settings) { Device = device });
        }
        catch (JsonException error)
        {
            throw RunFolderException.Unusable(path, "is damaged: it is not the configuration of a run; start a new run", error);
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(path, 0, error);
            throw;
        }
    }

    /// <summary>The first difference from another configuration, such as "seed is 1, not 2"; null where both are the same.</summary>
    public string? DifferenceFrom(RunConfiguration other)
    {
        if (Study != other.Study) return $"study is {Study}, not {other.Study}";
        if (Program != other.Program) return $"program version is {Program}, not {other.Program}";
        if (Options.Preset != other.Options.Preset) return $"preset is {Options.Preset}, not {other.Options.Preset}";
        if (Options.Seed != other.Options.Seed) return $"seed is {Options.Seed}, not {other.Options.Seed}";
        if (Options.Device != other.Options.Device) return $"device is {Options.Device}, not {other.Options.Device}";
        if (Options.Seeds != other.Options.Seeds) return $"seeds is {Seeds(Options)}, not {Seeds(other.Options)}";
        foreach (var name in Options.Settings.Keys.Union(other.Options.Settings.Keys).Order(StringComparer.Ordinal))
        {
            var (mine, others) = (Options.Settings.GetValueOrDefault(name), other.Options.Settings.GetValueOrDefault(name));
            if (mine != others) return $"setting {name} is {mine ?? "not there"}, not {others ?? "absent"}";
        }

        return null;
    }

    private static string Seeds(StudyOptions options) => options.Seeds?.ToString() ?? "the preset's";

    private sealed record ConfigurationFile(
        int Format, string Program, string Study, string Preset, long Seed, int? Seeds, SortedDictionary<string, string> Settings, string Device = "cpu");
}
