namespace StateSpace.Models.Parameters;

/// <summary>Parts of a stacked weight from the numbers of their rows.</summary>
internal static class RowParts
{
    /// <summary>Consecutive parts.</summary>
    /// <param name="rows">Names and numbers of the rows, in order.</param>
    /// <param name="role">The role of so many rows.</param>
    public static List<ParameterPart> Of(IReadOnlyList<(string Name, Fan Rows)> rows, Func<Fan, ParameterRole> role)
    {
        var (parts, start) = (new List<ParameterPart>(), 0L);
        foreach (var (name, count) in rows)
        {
            parts.Add(new(name, start, count.Size, role(count)));
            start += count.Size;
        }

        return parts;
    }
}
