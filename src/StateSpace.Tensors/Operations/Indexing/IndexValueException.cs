namespace StateSpace.Tensors;

/// <summary>An integer input of an operation holds a number that is out of range; the message names the operation, the position and the value.</summary>
public sealed class IndexValueException(string operation, string problem) : ArgumentException($"{operation}: {problem}");
