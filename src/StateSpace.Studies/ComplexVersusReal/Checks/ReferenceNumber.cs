using System.Globalization;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>A number as somebody wrote it, with the accuracy that its digits give: half a unit of the last one.</summary>
/// <param name="Text">Such as 1.226e5.</param>
internal sealed record ReferenceNumber(string Text)
{
    public double Value => double.Parse(Text, CultureInfo.InvariantCulture);

    /// <summary>Half a unit of the last digit, and a thousandth of that more for numbers that lie on the border.</summary>
    public double Tolerance
    {
        get
        {
            var parts = Text.Split('e');
            var point = parts[0].IndexOf('.', StringComparison.Ordinal);
            var decimals = point < 0 ? 0 : parts[0].Length - point - 1;
            var exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
            return 0.5005 * Math.Pow(10, exponent - decimals);
        }
    }

    public bool Agrees(double value) => Math.Abs(value - Value) <= Tolerance;

    /// <summary>How many of the values agree with their references, as "7 of 8".</summary>
    public static string Count(IEnumerable<(double Value, ReferenceNumber? Reference)> pairs)
    {
        var known = pairs.Where(pair => pair.Reference is not null).ToList();
        return $"{known.Count(pair => pair.Reference!.Agrees(pair.Value))} of {known.Count}";
    }
}
