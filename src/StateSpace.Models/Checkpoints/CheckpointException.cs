namespace StateSpace.Models.Checkpoints;

/// <summary>A checkpoint cannot be used; the message is one line that names the file, the tensor and what is wrong.</summary>
public sealed class CheckpointException : Exception
{
    /// <summary>A problem of a file, or of what was read from one.</summary>
    /// <param name="source">Path, or what the data is.</param>
    /// <param name="problem">What is wrong; control characters, which may come from the file, are shown as <c>?</c>.</param>
    /// <param name="inner">What was caught, where something was.</param>
    public CheckpointException(string source, string problem, Exception? inner = null)
        : base(OneLine($"{source}: {problem}"), inner)
    {
    }

    private static string OneLine(string text) => string.Create(text.Length, text, (line, original) =>
    {
        for (var i = 0; i < line.Length; i++) line[i] = char.IsControl(original[i]) ? '?' : original[i];
    });
}
