namespace StateSpace.Studies.FormalLanguages;

/// <summary>A word and the class that the task asks for at each position.</summary>
/// <param name="Word">The symbols.</param>
/// <param name="Labels">As many classes.</param>
public sealed record LabelledWord(string Word, IReadOnlyList<string> Labels);
