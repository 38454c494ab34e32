namespace StateSpace.Training.LanguageModels.Data;

/// <summary>A text file that a run reads.</summary>
/// <param name="Path">The file, as it was given.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Hash of its content in lower-case hexadecimal, by which a resumed run knows it again.</param>
public sealed record DataFile(string Path, long Bytes, string Sha256);
