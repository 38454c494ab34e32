using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using StateSpace.Tensors;

namespace StateSpace.Models.Checkpoints;

/// <summary>
/// Writes the weights of a model folder as Hugging Face lays them out: <c>model.safetensors</c>, or <c>model-00001-of-00003.safetensors</c> and so
/// on with <c>model.safetensors.index.json</c> where they exceed a size.
/// </summary>
public static partial class WeightFilesWriter
{
    /// <summary>Writes the weights and removes those that the folder held before.</summary>
    /// <remarks>
    /// Everything is written beside its path first. A machine that stops in between leaves the old weights, the new ones, or, for the moment in
    /// which several files are renamed, a folder without an index, which is refused; never a mixture.
    /// </remarks>
    /// <param name="folder">The folder; it is made where it is missing.</param>
    /// <param name="tensors">Names and tensors on the CPU. Files are filled in this order.</param>
    /// <param name="metadata">Texts for each file to carry along; null writes <c>format: pt</c>, which other readers expect.</param>
    /// <param name="store">How to write the tensor of a name; null writes each in its own type.</param>
    /// <param name="mostBytes">Bytes of data in one file, at least 1; a tensor that is larger gets a file of its own.</param>
    /// <exception cref="ArgumentException">A name is empty, reserved or occurs twice, or something other than Float32 is to be rounded.</exception>
    /// <exception cref="CheckpointException">A file cannot be written, or a finite value is too large for the type to write it as.</exception>
    public static void Write(
        string folder,
        IEnumerable<(string Name, Tensor Value)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        Func<string, StoredType>? store = null,
        long mostBytes = 5_000_000_000)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostBytes, 1);
        metadata ??= new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };
        var shards = Split(StoredTensor.List(tensors, store), mostBytes);
        var isSingle = shards.Count == 1;
        var names = isSingle ? [WeightFiles.SingleFile] : Enumerable.Range(1, shards.Count).Select(i => ShardName(i, shards.Count)).ToList();
        var files = new List<PartialFile>();
        try
        {
            for (var i = 0; i < shards.Count; i++) files.Add(SafeTensorsWriter.WriteBeside(Path.Combine(folder, names[i]), shards[i], metadata));
            var index = Path.Combine(folder, WeightFiles.IndexFile);
            if (!isSingle)
            {
                var json = Index(shards, names);
                files.Add(PartialFile.Write(index, json.Length, stream => stream.Write(json.Span)));
                Delete(index);
            }

            foreach (var file in files) file.Commit();
            if (isSingle) Delete(index);
            DeleteOthers(folder, names);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
    }

    [GeneratedRegex("^model(-[0-9]{5}-of-[0-9]{5})?\\.safetensors$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WeightName { get; }

    private static string ShardName(int number, int count) => string.Create(CultureInfo.InvariantCulture, $"model-{number:D5}-of-{count:D5}.safetensors");

    private static List<List<StoredTensor>> Split(List<StoredTensor> tensors, long mostBytes)
    {
        List<List<StoredTensor>> shards = [[]];
        var bytes = 0L;
        foreach (var tensor in tensors)
        {
            if (shards[^1].Count > 0 && bytes + tensor.Bytes > mostBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(tensor);
            bytes += tensor.Bytes;
        }

        return shards;
    }

    private static ReadOnlyMemory<byte> Index(List<List<StoredTensor>> shards, List<string> names)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", shards.Sum(shard => shard.Sum(tensor => tensor.Bytes)));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            var places = shards.SelectMany((shard, i) => shard.Select(tensor => (tensor.Name, File: names[i])));
            foreach (var (name, file) in places.OrderBy(place => place.Name, StringComparer.Ordinal)) json.WriteString(name, file);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    private static void DeleteOthers(string folder, List<string> names)
    {
        foreach (var path in Directory.GetFiles(folder, "model*.safetensors"))
        {
            var name = Path.GetFileName(path);
            if (WeightName.IsMatch(name) && !names.Contains(name, StringComparer.Ordinal)) Delete(path);
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"old weights cannot be removed: {error.Message}", error);
        }
    }
}
