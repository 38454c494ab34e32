using System.Diagnostics.CodeAnalysis;
using StateSpace.Tensors;

namespace StateSpace.Models.Checkpoints;

/// <summary>
/// The weights of a model folder, open for reading, as one list of tensors: <c>model.safetensors</c>, or the files that
/// <c>model.safetensors.index.json</c> names, as Hugging Face lays them out.
/// </summary>
/// <remarks>
/// Opening reads and checks the headers and the index alone. Files are found by name within the folder; a file of that name may be a symbolic
/// link, as in Hugging Face's download cache.
/// </remarks>
public sealed class WeightFiles : IDisposable
{
    /// <summary>Name of the file where there is one.</summary>
    public const string SingleFile = "model.safetensors";

    /// <summary>Name of the index where there are several.</summary>
    public const string IndexFile = "model.safetensors.index.json";

    private readonly IReadOnlyList<SafeTensorsFile> _files;
    private readonly Dictionary<string, SafeTensorsFile> _fileOf = new(StringComparer.Ordinal);

    private WeightFiles(string path, IReadOnlyList<SafeTensorsFile> files)
    {
        Path = path;
        _files = files;
        foreach (var file in files)
        {
            foreach (var entry in file.Entries)
            {
                if (_fileOf.TryAdd(entry.Name, file)) continue;
                throw new CheckpointException(file.Path, $"tensor '{SafeTensorsHeader.Short(entry.Name)}' is also in {System.IO.Path.GetFileName(_fileOf[entry.Name].Path)}");
            }
        }
    }

    /// <summary>The folder, or the file where one was opened.</summary>
    public string Path { get; }

    /// <summary>The files in the order of the index's names.</summary>
    public IReadOnlyList<SafeTensorsFile> Files => _files;

    /// <summary>The tensors of all files, in the order of the files and of the data within each.</summary>
    public IEnumerable<SafeTensorsEntry> Entries => _files.SelectMany(file => file.Entries);

    /// <summary>Number of tensors.</summary>
    public int Count => _fileOf.Count;

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="CheckpointException">No file has such a tensor.</exception>
    public SafeTensorsEntry this[string name] => FileOf(name)[name];

    /// <summary>Opens a model folder, or a single safetensors file.</summary>
    /// <param name="path">The folder or file.</param>
    /// <exception cref="CheckpointException">
    /// There is no such folder, it holds no weights, a file cannot be read or is not valid, the index names a file that is missing or a tensor
    /// that its file lacks, or two files hold the same tensor.
    /// </exception>
    public static WeightFiles Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path)) return OpenAll(path, [path]);
        if (!Directory.Exists(path)) throw new CheckpointException(path, "no such folder or file");
        var single = System.IO.Path.Combine(path, SingleFile);
        if (File.Exists(single)) return OpenAll(path, [single]);
        var index = System.IO.Path.Combine(path, IndexFile);
        return File.Exists(index) ? OpenIndexed(path, index) : throw NoWeights(path);
    }

    /// <summary>Whether there is a tensor of a name.</summary>
    public bool Contains(string name) => _fileOf.ContainsKey(name);

    /// <summary>Looks up a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="entry">The tensor, where a file has it.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out SafeTensorsEntry? entry)
    {
        entry = null;
        return _fileOf.TryGetValue(name, out var file) && file.TryGet(name, out entry);
    }

    /// <inheritdoc cref="SafeTensorsFile.Load"/>
    public Tensor Load(string name) => FileOf(name).Load(name);

    /// <inheritdoc cref="SafeTensorsFile.CopyTo"/>
    public void CopyTo(string name, Tensor target) => FileOf(name).CopyTo(name, target);

    /// <inheritdoc cref="SafeTensorsFile.Map"/>
    public Tensor Map(string name) => FileOf(name).Map(name);

    /// <inheritdoc cref="SafeTensorsFile.MapRaw"/>
    public RawWeights MapRaw(string name) => FileOf(name).MapRaw(name);

    /// <summary>Closes the files; loaded and mapped tensors stay.</summary>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private static WeightFiles OpenIndexed(string folder, string index)
    {
        var map = WeightIndex.Read(index);
        var names = map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        foreach (var name in names)
        {
            if (File.Exists(System.IO.Path.Combine(folder, name))) continue;
            var tensor = map.First(entry => string.Equals(entry.Value, name, StringComparison.Ordinal)).Key;
            throw new CheckpointException(index, $"places tensor '{SafeTensorsHeader.Short(tensor)}' in {name}, which is not in the folder");
        }

        var weights = OpenAll(folder, names.ConvertAll(name => System.IO.Path.Combine(folder, name)));
        foreach (var (tensor, name) in map)
        {
            if (weights._fileOf.TryGetValue(tensor, out var file) && string.Equals(System.IO.Path.GetFileName(file.Path), name, StringComparison.Ordinal)) continue;
            weights.Dispose();
            throw new CheckpointException(index, $"places tensor '{SafeTensorsHeader.Short(tensor)}' in {name}, which does not have it");
        }

        return weights;
    }

    private static WeightFiles OpenAll(string path, IEnumerable<string> names)
    {
        var files = new List<SafeTensorsFile>();
        try
        {
            foreach (var name in names) files.Add(SafeTensorsFile.Open(name));
            return new(path, files);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    private static CheckpointException NoWeights(string folder)
    {
        const string Ours = ".safetensors", Torch = ".bin";
        try
        {
            var other = Directory.EnumerateFiles(folder).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal)
                .FirstOrDefault(name => name!.EndsWith(Ours, StringComparison.Ordinal) || name.EndsWith(Torch, StringComparison.Ordinal));
            var hint = other switch
            {
                null => "",
                _ when other.EndsWith(Torch, StringComparison.Ordinal) => $"; {other} is in a format that is not read: convert it to safetensors",
                _ => $"; to open {other}, name the file itself",
            };
            return new(folder, $"has no weights: neither {SingleFile} nor {IndexFile} is there{hint}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new(folder, $"cannot be read: {error.Message}", error);
        }
    }

    private SafeTensorsFile FileOf(string name) =>
        _fileOf.TryGetValue(name, out var file) ? file : throw new CheckpointException(Path, $"has no tensor '{SafeTensorsHeader.Short(name)}'");
}
