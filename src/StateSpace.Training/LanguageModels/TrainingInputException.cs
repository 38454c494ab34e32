namespace StateSpace.Training.LanguageModels;

/// <summary>Data or settings of a training run are not usable; the message is one line for the person who gave them.</summary>
/// <param name="message">What is wrong, where, and what to do.</param>
public sealed class TrainingInputException(string message) : Exception(message);

/// <summary>A training run was given up; the message is one line.</summary>
/// <param name="message">Where, why, and what to do.</param>
public sealed class TrainingDivergedException(string message) : Exception(message);
