using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StateSpace.Studies;

/// <summary>One value of a table or claim: a number, or a text. Written to JSON as a number where it is a finite one.</summary>
[JsonConverter(typeof(CellJsonConverter))]
public readonly record struct Cell
{
    private Cell(double? number, string? text)
    {
        Number = number;
        Text = text;
    }

    /// <summary>The value, where the cell is a number.</summary>
    public double? Number { get; }

    /// <summary>The value, where the cell is a text.</summary>
    public string? Text { get; }

    /// <summary>A number.</summary>
    public static implicit operator Cell(double number) => new(number, null);

    /// <summary>A text.</summary>
    public static implicit operator Cell(string text) => new(null, text);

    /// <summary>The number to <paramref name="digits"/> significant digits, or the text.</summary>
    public string Format(int digits = 5) => Number is { } number ? number.ToString("G" + digits, CultureInfo.InvariantCulture) : Text ?? "";

    /// <summary>The number so that it reads back with the same bits, or the text.</summary>
    public override string ToString() => Number is { } number ? number.ToString("R", CultureInfo.InvariantCulture) : Text ?? "";

    private sealed class CellJsonConverter : JsonConverter<Cell>
    {
        public override Cell Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Number => reader.GetDouble(),
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Null => "",
            _ => throw new JsonException($"a cell is a number or a text, not {reader.TokenType}"),
        };

        public override void Write(Utf8JsonWriter writer, Cell value, JsonSerializerOptions options)
        {
            if (value.Number is { } number && double.IsFinite(number)) writer.WriteNumberValue(number);
            else writer.WriteStringValue(value.ToString());
        }
    }
}
