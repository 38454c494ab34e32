using System.Collections.Immutable;
using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// A complex diagonal state space model in double precision: x(t) = A x(t−1) + B u(t), y(t) = Re(C x(t)), x(0) = 0 (Ran-Milo et al., arXiv
/// 2410.14067, section 2.2).
/// </summary>
/// <remarks>
/// There is no feed-through and no factor 2 before the real part. The paper counts the impulse response from 1, y₁ = Re(C B); here element
/// k of an array is Re(C Aᵏ B), counted from 0.
/// </remarks>
public sealed record ComplexRealization
{
    /// <summary>A system with the given diagonal and weights.</summary>
    /// <param name="a">Eigenvalues, (n); stable where every magnitude is below 1.</param>
    /// <param name="b">Input weights, (n).</param>
    /// <param name="c">Output weights, (n).</param>
    /// <exception cref="ArgumentException">The three differ in length or are empty.</exception>
    public ComplexRealization(ImmutableArray<Complex> a, ImmutableArray<Complex> b, ImmutableArray<Complex> c)
    {
        if (a.Length == 0 || a.Length != b.Length || a.Length != c.Length)
            throw new ArgumentException(
                $"ComplexRealization: A, B and C have {a.Length}, {b.Length} and {c.Length} entries; they need the same number, at least "
                + "one");
        (A, B, C) = (a, b, c);
    }

    /// <summary>Eigenvalues, (n).</summary>
    public ImmutableArray<Complex> A { get; }

    /// <summary>Input weights, (n).</summary>
    public ImmutableArray<Complex> B { get; }

    /// <summary>Output weights, (n).</summary>
    public ImmutableArray<Complex> C { get; }

    /// <summary>State dimension n (complex entries).</summary>
    public int States => A.Length;

    /// <summary>max |C_j B_j|, the paper's ‖Cᵀ⊙B‖_∞.</summary>
    public double MaximumMagnitude => Enumerable.Range(0, States).Max(j => Complex.Abs(C[j] * B[j]));

    /// <summary>Σ |C_j B_j|.</summary>
    public double TotalMagnitude => Enumerable.Range(0, States).Sum(j => Complex.Abs(C[j] * B[j]));

    /// <summary>‖B‖₂.</summary>
    public double InputNorm => Norm(B);

    /// <summary>‖C‖₂.</summary>
    public double OutputNorm => Norm(C);

    /// <summary>Whether every eigenvalue has magnitude below 1.</summary>
    public bool IsStable => A.All(a => Complex.Abs(a) < 1);

    /// <summary>The first <paramref name="length"/> values Re(C Aᵏ B), k from 0, by the recurrence.</summary>
    public double[] ImpulseResponse(int length)
    {
        var state = new Complex[States];
        var response = new double[length];
        for (var k = 0; k < length; k++) response[k] = Step(state, k == 0 ? 1 : 0);
        return response;
    }

    /// <summary>
    /// The impulse response where A, B, C are rounded to float32 and the whole recurrence runs in float32, real and imaginary parts apart.
    /// Sums over states run from state 0 upwards.
    /// </summary>
    public double[] ImpulseResponseInSingle(int length)
    {
        var (ar, ai) = Parts(A);
        var (xr, xi) = Parts(B);
        var (cr, ci) = Parts(C);
        var response = new double[length];
        for (var k = 0; k < length; k++)
        {
            var output = 0f;
            for (var j = 0; j < ar.Length; j++)
            {
                output += (cr[j] * xr[j]) - (ci[j] * xi[j]);
                (xr[j], xi[j]) = ((ar[j] * xr[j]) - (ai[j] * xi[j]), (ar[j] * xi[j]) + (ai[j] * xr[j]));
            }

            response[k] = output;
        }

        return response;

        static (float[] Re, float[] Im) Parts(ImmutableArray<Complex> values) =>
            ([.. values.Select(value => (float)value.Real)], [.. values.Select(value => (float)value.Imaginary)]);
    }

    /// <summary>One step of the recurrence.</summary>
    /// <param name="state">x(t−1), (n); becomes x(t).</param>
    /// <param name="input">u(t).</param>
    /// <returns>y(t).</returns>
    /// <exception cref="ArgumentException">The state is not (n).</exception>
    public double Step(Span<Complex> state, double input)
    {
        if (state.Length != States) throw new ArgumentException(
            $"ComplexRealization.Step: the state has {state.Length} entries but the system has {States}");
        var output = 0.0;
        for (var j = 0; j < state.Length; j++)
        {
            state[j] = (A[j] * state[j]) + (B[j] * input);
            output += (C[j].Real * state[j].Real) - (C[j].Imaginary * state[j].Imaginary);
        }

        return output;
    }

    /// <summary>The recurrence over a series; a series in pieces with the state passed on gives the same bits as the whole.</summary>
    /// <param name="input">u, (L).</param>
    /// <param name="state">State before the series, (n); becomes the state after it.</param>
    /// <returns>y, (L).</returns>
    public double[] Run(ReadOnlySpan<double> input, Span<Complex> state)
    {
        var output = new double[input.Length];
        for (var k = 0; k < input.Length; k++) output[k] = Step(state, input[k]);
        return output;
    }

    /// <summary>Distance of the impulse response from a target, over the target's length.</summary>
    public ResponseError ErrorAgainst(ReadOnlySpan<double> target) => ResponseError.Between(ImpulseResponse(target.Length), target);

    /// <summary>The system y(t) = Re(C x(t)) + D u(t) with one state more: A ⊕ 0, B ⊕ 1, C ⊕ D (appendix A.2).</summary>
    public ComplexRealization WithFeedThrough(double d) => new(A.Add(0), B.Add(1), C.Add(d));

    /// <summary>Whether both have the same A, B, C, entry by entry.</summary>
    public bool Equals(
        ComplexRealization? other) => other is not null && A.SequenceEqual(other.A) && B.SequenceEqual(other.B) && C.SequenceEqual(other.C);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(States, A[0], B[0], C[0]);

    private static double Norm(ImmutableArray<Complex> values) =>
        Math.Sqrt(values.Sum(value => (value.Real * value.Real) + (value.Imaginary * value.Imaginary)));
}
