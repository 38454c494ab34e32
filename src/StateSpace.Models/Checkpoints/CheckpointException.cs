namespace StateSpace.Models.Checkpoints;

/// <summary>A checkpoint cannot be used; the message is one line that names the file, the tensor and what is wrong.</summary>
public sealed class CheckpointException : Exception
{
    private const int LongestProblem = 300;

    /// <summary>A problem of a file, or of what was read from one.</summary>
    /// <param name="source">Path, or what the data is.</param>
    /// <param name="problem">What is wrong. It may quote the file: control characters are shown as <c>?</c> and a long text is cut.</param>
    /// <param name="inner">What was caught, where something was.</param>
    public CheckpointException(string source, string problem, Exception? inner = null)
        : base(OneLine($"{source}: {(problem.Length > LongestProblem ? $"{problem[..LongestProblem]}…" : problem)}"), inner)
    {
    }

    private static string OneLine(string text) => string.Create(text.Length, text, (line, original) =>
    {
        for (var i = 0; i < line.Length; i++) line[i] = char.IsControl(original[i]) || original[i] is '\u2028' or '\u2029' ? '?' : original[i];
    });
}
