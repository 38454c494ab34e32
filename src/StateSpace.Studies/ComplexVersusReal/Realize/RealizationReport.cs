using System.Collections.Immutable;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>What it takes to realize an impulse response by complex and by real diagonal systems.</summary>
/// <param name="Target">φ, (t), counted from 0.</param>
/// <param name="Epsilon">ℓ1 error that the lower bounds allow.</param>
/// <param name="Complex">Complex systems that match the target, to rounding.</param>
/// <param name="Real">The real system that matches it in exact arithmetic, and what double and float32 leave of it.</param>
/// <param name="RealBound">Lower bound on Σ|C_j B_j| of every real system that ε-approximates the target, of any dimension.</param>
/// <param name="NonNegativeBound">The same for eigenvalues in [0, 1] only.</param>
public sealed record RealizationReport(
    ImmutableArray<double> Target,
    double Epsilon,
    IReadOnlyList<ComplexEntry> Complex,
    RealEntry Real,
    MagnitudeLowerBound RealBound,
    MagnitudeLowerBound NonNegativeBound);

/// <summary>A complex system of the report.</summary>
/// <param name="Name">Fourier, half spectrum or cosine hybrid.</param>
/// <param name="Source">Where the construction is from.</param>
/// <param name="System">The system.</param>
/// <param name="Error">ℓ1 distance from the target in double.</param>
/// <param name="ErrorInSingle">ℓ1 distance where entries and recurrence are in float32; may be infinite.</param>
public sealed record ComplexEntry(string Name, string Source, ComplexRealization System, double Error, double ErrorInSingle);

/// <summary>The real system of the report, with t states at Chebyshev extrema and weights solved exactly, then rounded to double.</summary>
/// <param name="System">The rounded system; B holds the weights, C is 1.</param>
/// <param name="Error">ℓ1 distance from the target in double; may be infinite.</param>
/// <param name="ErrorInSingle">ℓ1 distance where entries and recurrence are in float32; may be infinite.</param>
/// <param name="ExistsInDouble">Whether the error in double is at most ε or a millionth of the target's ℓ1 norm, the larger.</param>
/// <param name="ExistsInSingle">The same for float32.</param>
public sealed record RealEntry(RealRealization System, double Error, double ErrorInSingle, bool ExistsInDouble, bool ExistsInSingle);

/// <summary>A proved lower bound with the way it was found.</summary>
/// <param name="Value">Lower bound on Σ|C_j B_j|.</param>
/// <param name="IsExact">Whether it is the smallest possible value, to about eight digits, and not only a bound.</param>
/// <param name="Method">In words.</param>
public sealed record MagnitudeLowerBound(double Value, bool IsExact, string Method);
