using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.LanguageModels.Data;

namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>Everything that the bits of a training run depend on; the content of its <c>config.json</c>.</summary>
/// <param name="Program">Version of the program that began the run.</param>
/// <param name="Model">Kind of model, such as <c>mamba</c>.</param>
/// <param name="Preset">Preset that the settings began from.</param>
/// <param name="Seed">Seed of initial weights and of the order of the text.</param>
/// <param name="Tokenizer"><c>byte</c>, or the tokenizer file.</param>
/// <param name="TokenizerSha256">Hash of the tokenizer file; empty for <c>byte</c>.</param>
/// <param name="Separator">Text after which a new document begins, or null: each file is a document.</param>
/// <param name="Data">The text files.</param>
/// <param name="Settings">Sizes and course.</param>
/// <param name="Architecture">A whole model configuration in place of kind and sizes, or null.</param>
/// <param name="From">Weights to begin with, or null for random ones.</param>
public sealed record RunConfiguration(
    string Program,
    string Model,
    string Preset,
    long Seed,
    string Tokenizer,
    string TokenizerSha256,
    string? Separator,
    IReadOnlyList<DataFile> Data,
    LanguageModelSettings Settings,
    JsonObject? Architecture = null,
    InitialWeights? From = null)
{
    /// <summary>Version of the run folder's layout that this program writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>What the file says of its kind.</summary>
    private const string TaskName = "lm";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Version of this program, with the commit where the build knows it.</summary>
    public static string CurrentProgram { get; } =
        typeof(RunConfiguration).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The text of <c>config.json</c>; equal configurations give equal bytes.</summary>
    public string ToJson()
    {
        var json = new JsonObject
        {
            ["format"] = CurrentFormat,
            ["program"] = Program,
            ["task"] = TaskName,
            [RequestFile.ModelKey] = Model,
            [RequestFile.PresetKey] = Preset,
            [RequestFile.SeedKey] = Seed,
            [RequestFile.TokenizerKey] = Tokenizer,
            ["tokenizer_sha256"] = TokenizerSha256,
            [RequestFile.SeparatorKey] = Separator,
            [RequestFile.DataKey] = new JsonArray([.. Data.Select(file => new JsonObject { ["path"] = file.Path, ["bytes"] = file.Bytes, ["sha256"] = file.Sha256 })]),
        };
        foreach (var setting in SettingList.All) json[setting.Name] = setting.Read(Settings);
        if (Architecture is not null) json[RequestFile.ArchitectureKey] = Architecture.DeepClone();
        if (From is not null) json[RequestFile.FromKey] = new JsonObject { ["path"] = From.Path, ["sha256"] = From.Sha256 };
        return json.ToJsonString(Indented) + "\n";
    }

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="RunFolderException">The file is missing, damaged or of another format.</exception>
    public static RunConfiguration Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("task", out var task) || task.GetString() != TaskName)
                throw RunFolderException.Unusable(path, "is not the configuration of a language-model run");
            if (root.GetProperty("format").GetInt32() is var format && format != CurrentFormat)
                throw RunFolderException.Unusable(path, $"has format {format}, this program reads format {CurrentFormat}; start a new run");

            // What an older program did not know stands at its default, which computes what that program did.
            var settings = SettingList.All.Aggregate(
                new LanguageModelSettings(), (all, setting) => root.TryGetProperty(setting.Name, out var value) ? setting.Write(all, value, path) : all);
            return new(
                Text("program"),
                Text(RequestFile.ModelKey),
                Text(RequestFile.PresetKey),
                root.GetProperty(RequestFile.SeedKey).GetInt64(),
                Text(RequestFile.TokenizerKey),
                Text("tokenizer_sha256"),
                root.GetProperty(RequestFile.SeparatorKey).GetString(),
                [.. root.GetProperty(RequestFile.DataKey).EnumerateArray().Select(file => new DataFile(
                    file.GetProperty("path").GetString()!, file.GetProperty("bytes").GetInt64(), file.GetProperty("sha256").GetString()!))],
                settings,
                root.TryGetProperty(RequestFile.ArchitectureKey, out var architecture) ? JsonObject.Create(architecture.Clone()) : null,
                root.TryGetProperty(RequestFile.FromKey, out var from) ? new(from.GetProperty("path").GetString()!, from.GetProperty("sha256").GetString()!) : null);

            string Text(string name) => root.GetProperty(name).GetString() ?? throw new JsonException($"{name} is null");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or TrainingInputException)
        {
            throw RunFolderException.Unusable(path, "is damaged: it is not the configuration of a language-model run; start a new run", error);
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(path, 0, error);
            throw;
        }
    }

    /// <summary>The first difference from another configuration, such as "seed is 1, not 2"; null where both give the same bits.</summary>
    /// <param name="other">The other.</param>
    public string? DifferenceFrom(RunConfiguration other)
    {
        if (Model != other.Model) return $"model is {Model}, not {other.Model}";
        if (Preset != other.Preset) return $"preset is {Preset}, not {other.Preset}";
        if (Seed != other.Seed) return $"seed is {Seed}, not {other.Seed}";
        if (Tokenizer != other.Tokenizer && TokenizerSha256 != other.TokenizerSha256) return $"tokenizer is {Tokenizer}, not {other.Tokenizer}";
        if (TokenizerSha256 != other.TokenizerSha256) return $"tokenizer {Tokenizer} has changed since the run began";
        if (Separator != other.Separator) return $"separator is {Shown(Separator)}, not {Shown(other.Separator)}";
        if (Data.Count != other.Data.Count) return $"data is {Data.Count} files, not {other.Data.Count}";
        foreach (var (mine, others) in Data.Zip(other.Data))
            if (mine.Sha256 != others.Sha256) return mine.Path == others.Path ? $"data file {mine.Path} has changed since the run began" : $"data file is {mine.Path}, not {others.Path}";
        foreach (var setting in SettingList.All)
        {
            var (mine, others) = (setting.Read(Settings).ToJsonString(), setting.Read(other.Settings).ToJsonString());
            if (mine != others) return $"{setting.Name} is {mine}, not {others}";
        }

        if (From?.Sha256 != other.From?.Sha256) return "it begins with other weights";
        return JsonNode.DeepEquals(Architecture, other.Architecture) ? null : "architecture is another";
    }

    private static string Shown(string? separator) => separator is null ? "none" : JsonSerializer.Serialize(separator);
}
