namespace StateSpace.Inference;

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>The largest number of tokens was reached.</summary>
    Length,

    /// <summary>A stop string was met.</summary>
    Stop,

    /// <summary>The model ended the text.</summary>
    EndOfText,
}

/// <summary>A token of a text that is being generated.</summary>
/// <param name="Sequence">Which continuation of the prompt, from 0.</param>
/// <param name="Id">The token.</param>
/// <param name="Text">
/// Text that is now certain. Empty while a character is incomplete or while the text may be the beginning of a stop string; the texts of all tokens together are
/// the continuation, without the stop string and without the end of text.
/// </param>
/// <param name="Finish">Why the text ends with this token; null where it goes on.</param>
public readonly record struct GeneratedToken(int Sequence, int Id, string Text, FinishReason? Finish);
