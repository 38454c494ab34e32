using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace StateSpace.Tensors;

/// <summary>An interpolated string that is put together only where a requirement does not hold: one that holds costs no text. Written by the compiler.</summary>
[InterpolatedStringHandler]
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct FailureMessage
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Begins the text where <paramref name="condition"/> is false.</summary>
    public FailureMessage(int literalLength, int formattedCount, bool condition, out bool isWanted)
    {
        isWanted = !condition;
        _text = isWanted ? new(literalLength, formattedCount) : default;
    }

    /// <summary>Adds text.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Adds a value.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>Adds a value in a format.</summary>
    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    internal string Take() => _text.ToStringAndClear();
}
