namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>What a prediction of held-out text may rest on.</summary>
public enum EvaluationMode
{
    /// <summary>Everything before it: the state is carried from window to window.</summary>
    Carried,

    /// <summary>
    /// Windows that overlap by half, of which the second half counts: between L / 2 and L tokens before it. For models whose state grows
    /// with the text.
    /// </summary>
    Overlapping,
}
