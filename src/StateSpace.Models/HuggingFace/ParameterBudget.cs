using StateSpace.Models.Checkpoints;
using StateSpace.Tensors;

namespace StateSpace.Models.HuggingFace;

/// <summary>
/// What a model may ask for while it is made for the weights of a file: no parameter with more values than the file's largest tensor, and not many
/// more in all than the file has. A configuration that states absurd sizes is refused before memory is taken; one that differs by little goes on to
/// the error that names the tensor.
/// </summary>
internal sealed class ParameterBudget(ConfigFile config, WeightFiles weights)
{
    private readonly long _largest = weights.Entries.Select(entry => entry.Shape.Count).DefaultIfEmpty(0).Max();
    private long _left = (4 * weights.Entries.Sum(entry => entry.Shape.Count)) + (1 << 20);

    /// <summary>Counts a parameter.</summary>
    /// <exception cref="CheckpointException">The file cannot hold it.</exception>
    public void Take(Shape shape)
    {
        var count = shape.Count;
        _left -= count;
        if (count <= _largest && _left >= 0) return;
        var why = count > _largest ? $"a parameter of {count} values, but the largest tensor has {_largest}" : "more parameters than the weights have values";
        throw new CheckpointException(config.Path, $"does not describe the weights beside it: it asks for {why}");
    }
}
