using System.Collections;

namespace StateSpace.Inference;

/// <summary>The continuation of a prompt: computed token by token while it is enumerated. Each enumeration generates anew.</summary>
public sealed class Generation : IEnumerable<GeneratedToken>
{
    private readonly Func<Generation, IEnumerable<GeneratedToken>> _run;

    internal Generation(Func<Generation, IEnumerable<GeneratedToken>> run) => _run = run;

    /// <summary>Tokens that were read before the first one was chosen; known from the first token on, as the following figures are.</summary>
    public long PromptTokens { get; internal set; }

    /// <summary>Time in which the prompt was read.</summary>
    public TimeSpan PromptTime { get; internal set; }

    /// <summary>Steps after the prompt: each reads a token of every continuation and chooses the next ones.</summary>
    public long Steps { get; internal set; }

    /// <summary>Time of the steps, without what the caller did meanwhile.</summary>
    public TimeSpan StepTime { get; internal set; }

    /// <summary>Memory of the state, in bytes.</summary>
    public long StateBytes { get; internal set; }

    /// <inheritdoc/>
    public IEnumerator<GeneratedToken> GetEnumerator() => _run(this).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
