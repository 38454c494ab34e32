namespace StateSpace.Training.LanguageModels.Data;

/// <summary>How text becomes batches.</summary>
public enum BatchMode
{
    /// <summary>
    /// Windows of the whole text in random order, each from a zero state. Documents are packed: a window may hold several, and the state
    /// begins anew at each.
    /// </summary>
    Packed,

    /// <summary>
    /// As many readers as the batch has rows, spread over the text, each going on where its last window ended with the state that it had
    /// there (truncated back-propagation through time). At the beginning of a document the state begins anew.
    /// </summary>
    Carried,
}
