using StateSpace.Inference.Sampling;

namespace StateSpace.Inference;

/// <summary>How a text is continued.</summary>
public sealed record GenerationOptions
{
    /// <summary>How tokens are chosen; greedily by default.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Most tokens of a continuation; at least 0.</summary>
    public long MaximumTokens { get; init; } = 256;

    /// <summary>Strings before which a continuation ends, wherever the borders of tokens lie.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Number of continuations of the prompt, which are computed side by side; each draws from a stream of its own. At least 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Whether a continuation ends where the model ends the text.</summary>
    public bool StopsAtEndOfText { get; init; } = true;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        Sampling.Validate();
        if (MaximumTokens < 0) throw new ArgumentException($"the largest number of tokens is {MaximumTokens}; it must be at least 0");
        if (Count < 1) throw new ArgumentException($"the number of continuations is {Count}; it must be at least 1");
        if (Stops.Any(string.IsNullOrEmpty)) throw new ArgumentException("a stop string is empty");
    }
}
