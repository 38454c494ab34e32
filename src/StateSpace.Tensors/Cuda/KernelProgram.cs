namespace StateSpace.Tensors.Cuda;

/// <summary>One source with one set of macros: what is compiled and cached as a whole.</summary>
internal sealed class KernelProgram
{
    /// <param name="source">Source's name without <c>.cu</c>.</param>
    /// <param name="macros">Macros as <c>NAME=VALUE</c>; their order does not matter.</param>
    public KernelProgram(string source, IEnumerable<string> macros)
    {
        Source = source;
        Macros = [.. macros.Order(StringComparer.Ordinal)];
    }

    /// <summary>Source's name without <c>.cu</c>.</summary>
    public string Source { get; }

    /// <summary>Macros as <c>NAME=VALUE</c>, in the order of their names.</summary>
    public IReadOnlyList<string> Macros { get; }

    public override string ToString() => Macros.Count == 0 ? Source + ".cu" : $"{Source}.cu with {string.Join(", ", Macros)}";
}
