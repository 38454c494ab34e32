namespace StateSpace.Tensors.Cuda;

/// <summary>
/// The programs that a source is compiled to. Each source says so in its first lines, one product a line:
/// <c>// variants: ELEMENT=float|double|bf16; STATES=8|16</c>; <c>// variants:</c> alone is the source without macros.
/// </summary>
internal static class KernelVariants
{
    private const string Mark = "// variants:";

    /// <summary>Every program of this build, source by source.</summary>
    public static IReadOnlyList<KernelProgram> All() => [.. KernelSource.Names.SelectMany(name => Of(name, KernelSource.Text(name + ".cu")))];

    /// <summary>The programs of a source; none where its first lines do not say.</summary>
    /// <exception cref="CudaException">A line cannot be read.</exception>
    public static IReadOnlyList<KernelProgram> Of(string source, string text)
    {
        var programs = new List<KernelProgram>();
        foreach (var line in text.Split('\n').TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal)))
        {
            if (!line.StartsWith(Mark, StringComparison.Ordinal)) continue;
            IEnumerable<string[]> products = [[]];
            foreach (var axis in line[Mark.Length..].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var parts = axis.Split('=');
                if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0)
                    throw new CudaException($"{source}.cu: '{axis}' in '{line.Trim()}' has not the form NAME=value|value");
                var values = parts[1].Split('|', StringSplitOptions.TrimEntries);
                products = products.SelectMany(product => values.Select(value => (string[])[.. product, $"{parts[0].Trim()}={value}"])).ToList();
            }

            programs.AddRange(products.Select(product => new KernelProgram(source, product)));
        }

        return programs;
    }
}
