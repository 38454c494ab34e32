using StateSpace.Models;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.States;
using StateSpace.Tensors;

namespace StateSpace.Inference;

/// <summary>
/// Where a text stands: what the model remembers of it, and the tokens that were chosen but that it has not read yet. Generation goes on from here without
/// reading the text again, and moves it on.
/// </summary>
/// <remarks>The file is a <see cref="State"/> with two more parts: <c>conversation.unread</c>, (1, tokens) of Int32, and <c>conversation.model</c>, (1, 4) of Int64, the model's fingerprint.</remarks>
public sealed class Conversation : IDisposable
{
    private const string UnreadName = "conversation.unread";
    private const string ModelName = "conversation.model";

    /// <summary>A conversation that has not begun.</summary>
    public Conversation()
    {
    }

    private Conversation(State? state, IReadOnlyList<int> unread) => (State, Unread) = (state, unread);

    /// <summary>What the model remembers; null before it has read anything. It belongs to this object.</summary>
    public State? State { get; private set; }

    /// <summary>Tokens of the text that the model has not read yet: the last one that was generated.</summary>
    public IReadOnlyList<int> Unread { get; private set; } = [];

    /// <summary>Tokens of the whole text.</summary>
    public long Length => (State?.Position ?? 0) + Unread.Count;

    /// <summary>Opens a file that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that read the text.</param>
    /// <exception cref="CheckpointException">The file cannot be read, holds no conversation, or one with another model.</exception>
    public static Conversation Load(string path, SequenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = new TensorScope();
        var state = State.Load(path);
        var parts = state.Parts.ToDictionary(part => part.Name, part => part.Value, StringComparer.Ordinal);
        if (!parts.Remove(UnreadName, out var unread) || !parts.Remove(ModelName, out var fingerprint) || state.Batch != 1
            || unread.Rank != 2 || unread.DType != DType.Int32 || fingerprint.DType != DType.Int64)
        {
            throw new CheckpointException(path, "holds no conversation");
        }

        if (!fingerprint.ToArray<long>().AsSpan().SequenceEqual(ModelFingerprint.Of(model)))
            throw new CheckpointException(path, "holds a conversation with another model; open it with the model that wrote it, or name a new file");
        var ids = unread.ToArray<int>();
        if (Array.Exists(ids, id => id < 0 || id >= model.Configuration.Vocabulary)) throw new CheckpointException(path, $"holds a token that is not in the vocabulary of {model.Configuration.Vocabulary}");
        if (state.Position == 0 && parts.Count == 0) return new(null, ids);
        foreach (var (name, value) in model.InitialState(1).Parts)
        {
            // The second axis of an attention's memory grows with the text.
            if (!parts.TryGetValue(name, out var part) || part.Rank != value.Rank || part.DType != value.DType
                || Enumerable.Range(0, value.Rank).Any(axis => axis != 1 && part.Shape[axis] != value.Shape[axis]))
            {
                throw new CheckpointException(path, $"part '{name}' is missing or does not fit the model's {value}");
            }
        }

        return new(new State(1, state.Position, [.. parts.Select(part => (part.Key, part.Value))]).Keep(), ids);
    }

    /// <summary>Writes the conversation as safetensors, beside the path and renamed into place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that read the text.</param>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Save(string path, SequenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var scope = new TensorScope();
        (string, Tensor)[] own = [(UnreadName, Tensor.From<int>([.. Unread], [1, Unread.Count])), (ModelName, Tensor.From<long>(ModelFingerprint.Of(model), [1, 4]))];
        new State(1, State?.Position ?? 0, [.. (State?.Parts ?? []).Select(part => (part.Name, Stored(part.Value))), .. own]).Save(path);
    }

    /// <summary>Another conversation that goes on from the same place; it shares memory with this one.</summary>
    public Conversation Fork() => new(State?.Keep(), Unread);

    /// <summary>Releases the state.</summary>
    public void Dispose() => State?.Dispose();

    /// <summary>Moves on to a later place.</summary>
    /// <param name="state">Kept outside of any scope; this object disposes it.</param>
    /// <param name="unread">Tokens that follow what it has read.</param>
    internal void MoveTo(State state, IReadOnlyList<int> unread)
    {
        if (state != State) State?.Dispose();
        (State, Unread) = (state, unread);
    }

    // Keys and values of a GPU's attention may be in BFloat16; every device reads Float32.
    private static Tensor Stored(Tensor part) => part.DType == DType.BFloat16 ? part.Convert(DType.Float32) : part;
}
