namespace StateSpace.Tensors.Verification;

/// <summary>
/// A claim that an operation's kernels compute what its reference does, at one shape: run on any device and element type by
/// <see cref="ConformanceRunner"/>.
/// </summary>
/// <param name="Operation">Name of the operation's folder.</param>
/// <param name="Variant">Shapes and settings.</param>
/// <param name="Inputs">What to draw.</param>
/// <param name="Apply">The operation under test.</param>
/// <param name="Reference">The same in double, plainly.</param>
/// <param name="ReferenceGradient">
/// Gradients of Σ⟨output, cotangent⟩ for each input (null for integer inputs), from inputs and cotangents; where the operation has
/// a gradient rule of its own kernel. Every case's gradient is checked against central differences besides.
/// </param>
/// <param name="Differentiable">False for operations without a gradient.</param>
/// <param name="Float32Tolerance">Largest |error| / max(1, largest |reference|) in float32; in float64 it is 1e-10.</param>
/// <param name="BFloat16Tolerance">The same where activations are BFloat16, against the reference of the rounded inputs; null where the operation has no such form.</param>
internal sealed record ConformanceCase(
    string Operation,
    string Variant,
    IReadOnlyList<CaseInput> Inputs,
    Func<Tensor[], Tensor[]> Apply,
    Func<ReferenceArray[], ReferenceArray[]> Reference,
    Func<ReferenceArray[], ReferenceArray[], ReferenceArray?[]>? ReferenceGradient = null,
    bool Differentiable = true,
    double Float32Tolerance = 1e-5,
    double? BFloat16Tolerance = 2e-2)
{
    public override string ToString() => $"{Operation} {Variant}";
}

/// <summary>An input to draw: uniform in [low, high), or integers in [low, high) where an integer type is given.</summary>
internal sealed record CaseInput(Shape Shape, double Low = -1, double High = 1, DType? Integer = null)
{
    /// <summary>Whether it is a parameter, a state or the like, which stays Float32 where activations are BFloat16.</summary>
    public bool IsParameter { get; init; }

    public static implicit operator CaseInput(Shape shape) => new(shape);

    public static implicit operator CaseInput(long[] sizes) => new(sizes);
}
