using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using StateSpace.Studies;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Reporting;

/// <summary>
/// The result record as JSON (<c>results.json</c>): every member of <see cref="StudyResult"/> under its snake_case name.
/// Numbers read back with the same bits; numbers that JSON cannot hold are the texts "NaN", "Infinity" and "-Infinity".
/// </summary>
public static class ResultJson
{
    private static readonly JsonSerializerOptions Compact = Options(indented: false, []);

    // Rows and coordinates stay on one line each, so that the file can be read and compared by people too.
    private static readonly JsonSerializerOptions Indented = Options(indented: true, [new OneLine<IReadOnlyList<Cell>>(), new OneLine<IReadOnlyList<double>>()]);

    /// <summary>The record as text; equal records give equal bytes.</summary>
    public static string Write(StudyResult result) => JsonSerializer.Serialize(result, Indented) + "\n";

    /// <summary>Reads <c>results.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="RunFolderException">The file is missing or is not a result record.</exception>
    public static StudyResult Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<StudyResult>(File.ReadAllBytes(path), Compact) ?? throw new JsonException("it holds no object");
        }
        catch (JsonException error)
        {
            throw RunFolderException.Unusable(path, "is damaged: it is not the result of a study; delete it and resume the run", error);
        }
        catch (Exception error)
        {
            RunFolderException.ThrowIfFileSystem(path, 0, error);
            throw;
        }
    }

    private static JsonSerializerOptions Options(bool indented, JsonConverter[] converters)
    {
        var options = new JsonSerializerOptions
        {
            WriteIndented = indented,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            RespectRequiredConstructorParameters = true,
            RespectNullableAnnotations = true,
            Converters = { new JsonStringEnumConverter<SeriesStyle>(JsonNamingPolicy.SnakeCaseLower) },
        };
        foreach (var converter in converters) options.Converters.Add(converter);
        return options;
    }

    private sealed class OneLine<T> : JsonConverter<T>
    {
        public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<T>(ref reader, Compact);

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteRawValue(JsonSerializer.SerializeToUtf8Bytes(value, Compact), skipInputValidation: true);
    }
}
