using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Models.States;

/// <summary>States as safetensors files: parts by their names, position and batch in the metadata.</summary>
internal static class StateFile
{
    private const string FormatKey = "format";
    private const string Format = "statespace-state-1";
    private const string PositionKey = "position";
    private const string BatchKey = "batch";

    public static void Write(string path, State state) => SafeTensorsWriter.Write(path, state.Parts, new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [FormatKey] = Format,
        [PositionKey] = state.Position.ToString(),
        [BatchKey] = state.Batch.ToString(),
    });

    public static State Read(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(FormatKey, out var format) || !string.Equals(format, Format, StringComparison.Ordinal))
        {
            throw new CheckpointException(path, "holds no state: its metadata does not say so");
        }

        var (position, batch) = (Number(file, PositionKey), Number(file, BatchKey));
        foreach (var entry in file.Entries)
        {
            if (entry.Shape.Rank == 0 || entry.Shape[0] != batch)
            {
                throw new CheckpointException(path, $"part '{entry.Name}' is {entry.Shape}; its first axis must be the batch, {batch}");
            }
        }

        return new(batch, position, [.. file.Entries.Select(entry => (entry.Name, file.Load(entry.Name)))]);
    }

    private static long Number(SafeTensorsFile file, string key) =>
        file.Metadata.TryGetValue(key, out var text) && long.TryParse(text, out var number) && number >= 0
            ? number
            : throw new CheckpointException(file.Path, $"holds no usable state: '{key}' in its metadata is not a number of at least 0");
}
