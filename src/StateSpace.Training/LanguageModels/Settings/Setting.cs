using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>One of the settings by name: for configuration files, the command line and documents.</summary>
public sealed class Setting
{
    private readonly Func<LanguageModelSettings, JsonNode> _read;
    private readonly Func<LanguageModelSettings, JsonElement, LanguageModelSettings?> _write;

    private Setting(
        string name, string description, string range, Func<LanguageModelSettings, JsonNode> read, Func<LanguageModelSettings, JsonElement, LanguageModelSettings?> write)
    {
        (Name, Description, Range) = (name, description, range);
        (_read, _write) = (read, write);
    }

    /// <summary>Lower case with underscores.</summary>
    public string Name { get; }

    /// <summary>What it is, with its unit.</summary>
    public string Description { get; }

    /// <summary>Which values it takes, as the rest of a sentence after "it must be".</summary>
    public string Range { get; }

    /// <summary>A whole number.</summary>
    internal static Setting Whole(
        string name, string description, long minimum, long maximum, Func<LanguageModelSettings, long> read, Func<LanguageModelSettings, long, LanguageModelSettings> write) => new(
        name,
        description,
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}"),
        settings => read(settings),
        (settings, value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= minimum && number <= maximum ? write(settings, number) : null);

    /// <summary>A number.</summary>
    internal static Setting Number(
        string name, string description, double minimum, double maximum, Func<LanguageModelSettings, double> read, Func<LanguageModelSettings, double, LanguageModelSettings> write) => new(
        name,
        description,
        string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"),
        settings => read(settings),
        (settings, value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= minimum && number <= maximum ? write(settings, number) : null);

    /// <summary>true or false.</summary>
    internal static Setting Switch(string name, string description, Func<LanguageModelSettings, bool> read, Func<LanguageModelSettings, bool, LanguageModelSettings> write) => new(
        name,
        description,
        "true or false",
        settings => read(settings),
        (settings, value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? write(settings, value.ValueKind == JsonValueKind.True) : null);

    /// <summary>One of the members of an enumeration, by its lower-case name.</summary>
    internal static Setting Choice<T>(string name, string description, Func<LanguageModelSettings, T> read, Func<LanguageModelSettings, T, LanguageModelSettings> write)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(member => member.ToLowerInvariant()).ToList();
        return new(
            name,
            description,
            string.Join(" or ", names),
            settings => read(settings).ToString().ToLowerInvariant(),
            (settings, value) => value.ValueKind == JsonValueKind.String && names.IndexOf(value.GetString()!) is var index and >= 0 ? write(settings, Enum.GetValues<T>()[index]) : null);
    }

    /// <summary>The value, as a configuration file has it.</summary>
    /// <param name="settings">All settings.</param>
    public JsonNode Read(LanguageModelSettings settings) => _read(settings);

    /// <summary>The settings with this one replaced.</summary>
    /// <param name="settings">All settings.</param>
    /// <param name="value">The value.</param>
    /// <param name="source">Where it was given, to name in an error.</param>
    /// <exception cref="TrainingInputException">The value is of another kind or out of range.</exception>
    public LanguageModelSettings Write(LanguageModelSettings settings, JsonElement value, string source) =>
        _write(settings, value) ?? throw new TrainingInputException($"{source}: {Name} is {Short(value)}, it must be {Range}");

    /// <summary>The settings with this one replaced by a value from the command line: a JSON value, or a bare word.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public LanguageModelSettings WriteText(LanguageModelSettings settings, string text, string source)
    {
        JsonElement value;
        try
        {
            value = JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            value = JsonSerializer.SerializeToElement(text);
        }

        return Write(settings, value, source);
    }

    private static string Short(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? $"'{value.GetString()}'" : value.GetRawText();
        return text.Length <= 40 ? text : $"{text[..40]}…";
    }
}
