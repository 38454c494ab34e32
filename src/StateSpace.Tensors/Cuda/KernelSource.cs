using System.Collections.Concurrent;
using System.Reflection;

namespace StateSpace.Tensors.Cuda;

/// <summary>The kernels' texts: the <c>.cu</c> files beside the operations and the <c>.cuh</c> files that they include, embedded in this assembly.</summary>
internal static class KernelSource
{
    private static readonly Assembly Assembly = typeof(KernelSource).Assembly;
    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    /// <summary>Names of all sources, without <c>.cu</c>, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Resources(".cu").Select(name => name[..^3])];

    /// <summary>Names of all headers, with <c>.cuh</c>, in order.</summary>
    public static IReadOnlyList<string> Headers { get; } = [.. Resources(".cuh")];

    /// <summary>The text of a file.</summary>
    /// <param name="file">File name with its extension.</param>
    /// <exception cref="CudaException">There is no such file.</exception>
    public static string Text(string file) => Texts.GetOrAdd(file, static file =>
    {
        using var stream = Assembly.GetManifestResourceStream(file)
            ?? throw new CudaException($"there is no kernel source {file} in this build");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    private static IEnumerable<string> Resources(string extension) =>
        Assembly.GetManifestResourceNames().Where(name => name.EndsWith(extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
