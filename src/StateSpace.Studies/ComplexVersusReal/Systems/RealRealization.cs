using System.Collections.Immutable;
using System.Numerics;

namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// A real diagonal state space model in double precision: x(t) = A x(t−1) + B u(t), y(t) = C x(t), x(0) = 0, with one real eigenvalue,
/// input weight and output weight per state (Ran-Milo et al., arXiv 2410.14067, section 2.2).
/// </summary>
/// <remarks>
/// There is no feed-through: the first output already contains C B. The paper counts the impulse response from 1, y₁ = C B; here element k
/// of an array is C Aᵏ B, counted from 0.
/// </remarks>
public sealed record RealRealization
{
    /// <summary>A system with the given diagonal and weights.</summary>
    /// <param name="a">Eigenvalues, (n); dimensionless, stable where every magnitude is below 1.</param>
    /// <param name="b">Input weights, (n).</param>
    /// <param name="c">Output weights, (n).</param>
    /// <exception cref="ArgumentException">The three differ in length or are empty.</exception>
    public RealRealization(ImmutableArray<double> a, ImmutableArray<double> b, ImmutableArray<double> c)
    {
        if (a.Length == 0 || a.Length != b.Length || a.Length != c.Length)
            throw new ArgumentException(
                $"RealRealization: A, B and C have {a.Length}, {b.Length} and {c.Length} entries; they need the same number, at least one");
        (A, B, C) = (a, b, c);
    }

    /// <summary>Eigenvalues, (n).</summary>
    public ImmutableArray<double> A { get; }

    /// <summary>Input weights, (n).</summary>
    public ImmutableArray<double> B { get; }

    /// <summary>Output weights, (n).</summary>
    public ImmutableArray<double> C { get; }

    /// <summary>State dimension n.</summary>
    public int States => A.Length;

    /// <summary>max |C_j B_j|, the paper's ‖Cᵀ⊙B‖_∞.</summary>
    public double MaximumMagnitude => Enumerable.Range(0, States).Max(j => Math.Abs(C[j] * B[j]));

    /// <summary>Σ |C_j B_j|, at most n times <see cref="MaximumMagnitude"/>; the quantity that the exact bounds bound.</summary>
    public double TotalMagnitude => Enumerable.Range(0, States).Sum(j => Math.Abs(C[j] * B[j]));

    /// <summary>‖B‖₂.</summary>
    public double InputNorm => Math.Sqrt(B.Sum(value => value * value));

    /// <summary>‖C‖₂.</summary>
    public double OutputNorm => Math.Sqrt(C.Sum(value => value * value));

    /// <summary>Whether every eigenvalue has magnitude below 1.</summary>
    public bool IsStable => A.All(a => Math.Abs(a) < 1);

    /// <summary>The first <paramref name="length"/> values C Aᵏ B, k from 0, by the recurrence.</summary>
    public double[] ImpulseResponse(int length)
    {
        var state = new double[States];
        var response = new double[length];
        for (var k = 0; k < length; k++) response[k] = Step(state, k == 0 ? 1 : 0);
        return response;
    }

    /// <summary>
    /// The impulse response where A, B, C are rounded to float32 and the whole recurrence runs in float32. Sums over states run from state
    /// 0 upwards.
    /// </summary>
    public double[] ImpulseResponseInSingle(int length)
    {
        var a = A.Select(value => (float)value).ToArray();
        var b = B.Select(value => (float)value).ToArray();
        var c = C.Select(value => (float)value).ToArray();
        var response = new double[length];
        for (var k = 0; k < length; k++)
        {
            var output = 0f;
            for (var j = 0; j < a.Length; j++)
            {
                output += c[j] * b[j];
                b[j] = a[j] * b[j];
            }

            response[k] = output;
        }

        return response;
    }

    /// <summary>One step of the recurrence.</summary>
    /// <param name="state">x(t−1), (n); becomes x(t).</param>
    /// <param name="input">u(t).</param>
    /// <returns>y(t).</returns>
    /// <exception cref="ArgumentException">The state is not (n).</exception>
    public double Step(Span<double> state, double input)
    {
        if (state.Length != States) throw new ArgumentException(
            $"RealRealization.Step: the state has {state.Length} entries but the system has {States}");
        var output = 0.0;
        for (var j = 0; j < state.Length; j++)
        {
            state[j] = (A[j] * state[j]) + (B[j] * input);
            output += C[j] * state[j];
        }

        return output;
    }

    /// <summary>The recurrence over a series; a series in pieces with the state passed on gives the same bits as the whole.</summary>
    /// <param name="input">u, (L).</param>
    /// <param name="state">State before the series, (n); becomes the state after it.</param>
    /// <returns>y, (L).</returns>
    public double[] Run(ReadOnlySpan<double> input, Span<double> state)
    {
        var output = new double[input.Length];
        for (var k = 0; k < input.Length; k++) output[k] = Step(state, input[k]);
        return output;
    }

    /// <summary>Distance of the impulse response from a target, over the target's length.</summary>
    public ResponseError ErrorAgainst(ReadOnlySpan<double> target) => ResponseError.Between(ImpulseResponse(target.Length), target);

    /// <summary>
    /// The same system as a complex one of <paramref name="states"/> ≥ n states, the values copied and the rest zero (Proposition 2): its
    /// outputs are the same bits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer states than this system has.</exception>
    public ComplexRealization ToComplex(int states)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(states, States);
        ImmutableArray<Complex> Copy(ImmutableArray<double> values) => [
            .. Enumerable.Range(0, states).Select(j => new Complex(j < States ? values[j] : 0, 0))];
        return new(Copy(A), Copy(B), Copy(C));
    }

    /// <summary>The system y(t) = C x(t) + D u(t) with one state more: A ⊕ 0, B ⊕ 1, C ⊕ D (appendix A.2).</summary>
    public RealRealization WithFeedThrough(double d) => new(A.Add(0), B.Add(1), C.Add(d));

    /// <summary>Whether both have the same A, B, C, entry by entry.</summary>
    public bool Equals(RealRealization? other) =>
        other is not null && A.SequenceEqual(other.A) && B.SequenceEqual(other.B) && C.SequenceEqual(other.C);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(States, A[0], B[0], C[0]);
}
