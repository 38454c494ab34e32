using System.Text.Json;
using System.Text.Json.Nodes;

namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>
/// A configuration file that a person writes for <c>--config</c>: any of the keys of a run's <c>config.json</c>, which can itself be
/// given to repeat a run. What is not in it is null.
/// </summary>
/// <param name="Model">Kind of model.</param>
/// <param name="Preset">Preset that the settings begin from.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Tokenizer"><c>byte</c> or a file.</param>
/// <param name="Separator">Text after which a new document begins.</param>
/// <param name="Data">Text files.</param>
/// <param name="Settings">Settings with their values, in the order of the file.</param>
/// <param name="Architecture">A whole model configuration.</param>
/// <param name="From">A model folder whose weights the run begins with.</param>
public sealed record RequestFile(
    string? Model,
    string? Preset,
    long? Seed,
    string? Tokenizer,
    string? Separator,
    IReadOnlyList<string>? Data,
    IReadOnlyList<(Setting Setting, JsonElement Value)> Settings,
    JsonObject? Architecture,
    string? From = null)
{
    internal const string ModelKey = "model";
    internal const string PresetKey = "preset";
    internal const string SeedKey = "seed";
    internal const string TokenizerKey = "tokenizer";
    internal const string SeparatorKey = "separator";
    internal const string DataKey = "data";
    internal const string ArchitectureKey = "architecture";
    internal const string FromKey = "from";

    private const int LargestFile = 1 << 24;

    /// <summary>What a run's own configuration says beside, which is found out anew.</summary>
    private static readonly string[] Ignored = ["format", "program", "task", "tokenizer_sha256"];

    /// <summary>Nothing.</summary>
    public static RequestFile Empty { get; } = new(null, null, null, null, null, null, [], null);

    /// <summary>Every key that a file may have.</summary>
    public static IEnumerable<string> Keys =>
        [ModelKey, PresetKey, SeedKey, TokenizerKey, SeparatorKey, DataKey, .. SettingList.All.Select(setting => setting.Name), ArchitectureKey, FromKey, .. Ignored];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hint">Gives ", did you mean 'x'?" or nothing for an unknown key and the known ones.</param>
    /// <exception cref="TrainingInputException">The file is missing or no JSON object, a key is unknown or given twice, or a value is of another kind or out of range.</exception>
    public static RequestFile Read(string path, Func<string, IEnumerable<string>, string> hint)
    {
        JsonElement root;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile }) throw new TrainingInputException($"{path}: is too large for a configuration");
            root = JsonElement.Parse(File.ReadAllBytes(path), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException error)
        {
            throw new TrainingInputException($"{path}: is not JSON: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TrainingInputException($"{path}: there is no such file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new TrainingInputException($"{path}: cannot be read: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }

        if (root.ValueKind != JsonValueKind.Object) throw new TrainingInputException($"{path}: must hold an object in braces");
        return Parse(path, root, hint);
    }

    private static RequestFile Parse(string path, JsonElement root, Func<string, IEnumerable<string>, string> hint)
    {
        var (file, settings, seen) = (Empty, new List<(Setting, JsonElement)>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (name, value) in root.EnumerateObject().Select(property => (property.Name, property.Value)))
        {
            if (!seen.Add(name)) throw new TrainingInputException($"{path}: {name} is given twice");
            file = name switch
            {
                ModelKey => file with { Model = Text(name, value) },
                PresetKey => file with { Preset = Text(name, value) },
                SeedKey => file with
                {
                    Seed = value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seed) && seed >= 0 ? seed : throw Wrong(name, "a whole number from 0 on"),
                },
                TokenizerKey => file with { Tokenizer = Text(name, value) },
                SeparatorKey => file with { Separator = value.ValueKind == JsonValueKind.Null ? null : Text(name, value) },
                DataKey => file with { Data = Files(value) },
                ArchitectureKey => file with { Architecture = value.ValueKind == JsonValueKind.Object ? JsonObject.Create(value) : throw Wrong(name, "an object in braces") },
                FromKey => file with { From = Text(name, value.ValueKind == JsonValueKind.Object && value.TryGetProperty("path", out var folder) ? folder : value) },
                _ => file,
            };
            if (SettingList.Find(name) is { } setting)
            {
                // A wrong value is found here, where the file can be named.
                setting.Write(new(), value, path);
                settings.Add((setting, value));
            }
            else if (!Keys.Contains(name, StringComparer.Ordinal))
            {
                throw new TrainingInputException($"{path}: unknown key '{name}'{hint(name, Keys.Except(Ignored, StringComparer.Ordinal))}; 'ssm train lm --list' shows all");
            }
        }

        return file with { Settings = settings };

        TrainingInputException Wrong(string name, string range) => new($"{path}: {name} must be {range}");

        string Text(string name, JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw Wrong(name, "a text in quotes");

        string[] Files(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => [Text(DataKey, value)],
            JsonValueKind.Array => [.. value.EnumerateArray().Select(item => Text(DataKey, item.ValueKind == JsonValueKind.Object && item.TryGetProperty("path", out var inner) ? inner : item))],
            _ => throw Wrong(DataKey, "a list of files"),
        };
    }
}
