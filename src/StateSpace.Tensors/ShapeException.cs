namespace StateSpace.Tensors;

/// <summary>Shapes or element types do not fit an operation; the message names the operation and each offending operand.</summary>
public sealed class ShapeException(string operation, string problem) : ArgumentException($"{operation}: {problem}")
{
    /// <summary>Throws where the condition does not hold.</summary>
    internal static void Require(bool condition, string operation, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(condition))] ref ProblemText problem)
    {
        if (!condition) throw new ShapeException(operation, problem.ToString());
    }

    /// <summary>Text that is put together only where it is needed.</summary>
    [System.Runtime.CompilerServices.InterpolatedStringHandler]
    internal ref struct ProblemText
    {
        private System.Text.StringBuilder? _text;

        public ProblemText(int literalLength, int formattedCount, bool condition, out bool enabled)
        {
            enabled = !condition;
            _text = condition ? null : new System.Text.StringBuilder(literalLength + (formattedCount * 8));
        }

        public readonly void AppendLiteral(string text) => _text?.Append(text);

        public readonly void AppendFormatted<T>(T value) => _text?.Append(value);

        public override readonly string ToString() => _text?.ToString() ?? "";
    }
}
