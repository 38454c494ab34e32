namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// One layer h_t = A(x_t) h_(t−1) + B(x_t), whose x_t are the token and the new states of the layers below, as double values.
/// </summary>
/// <param name="size">Real numbers of state.</param>
/// <param name="gates">Form of A.</param>
/// <param name="initial">h_0.</param>
internal abstract class RecurrentLayer(int size, GateKind gates, double[]? initial = null)
{
    public int Size => size;

    public GateKind Gates => gates;

    public double[] Initial { get; } = initial ?? new double[size];

    /// <summary>Replaces h by the next state.</summary>
    /// <param name="numbers">How to compute.</param>
    /// <param name="token">Index of the symbol.</param>
    /// <param name="below">New states of the layers below, one after the other.</param>
    /// <param name="h">The state.</param>
    public abstract void Step<T>(INumbers<T> numbers, int token, ReadOnlySpan<double> below, Span<T> h);
}

/// <summary>Form of the state transition.</summary>
internal enum GateKind
{
    /// <summary>Diagonal, entries in [0, 1].</summary>
    Nonnegative,

    /// <summary>Diagonal, entries in [−1, 1].</summary>
    Signed,

    /// <summary>Diagonal, complex entries of magnitude at most 1.</summary>
    Complex,

    /// <summary>Each column has a single 1 (PD-SSM, Terzić et al., 2025).</summary>
    ColumnOneHot,
}

/// <summary>Gate and input of each channel.</summary>
/// <param name="token">Index of the symbol.</param>
/// <param name="below">New states of the layers below.</param>
/// <param name="a">Gates to fill; 1 before.</param>
/// <param name="b">Inputs to fill; 0 before.</param>
internal delegate void DiagonalGates(int token, ReadOnlySpan<double> below, Span<double> a, Span<double> b);

/// <summary>A diagonal layer with real gates.</summary>
internal sealed class DiagonalLayer(int size, GateKind kind, DiagonalGates gates, double[]? initial = null) : RecurrentLayer(size, kind, initial)
{
    private readonly int _size = size;

    public override void Step<T>(INumbers<T> numbers, int token, ReadOnlySpan<double> below, Span<T> h)
    {
        Span<double> a = stackalloc double[_size], b = stackalloc double[_size];
        a.Fill(1);
        b.Clear();
        gates(token, below, a, b);
        for (var i = 0; i < _size; i++) h[i] = numbers.Sum(numbers.Product(numbers.Of(a[i]), h[i]), numbers.Of(b[i]));
    }
}

/// <summary>One complex channel (real part, imaginary part) without input, A = exp(iθ) with an angle for each token.</summary>
internal sealed class RotationLayer(double[] angles) : RecurrentLayer(2, GateKind.Complex, [1, 0])
{
    public override void Step<T>(INumbers<T> numbers, int token, ReadOnlySpan<double> below, Span<T> h)
    {
        var (sine, cosine) = Math.SinCos(angles[token]);
        T c = numbers.Of(cosine), s = numbers.Of(sine), minus = numbers.Of(-sine);
        (h[0], h[1]) = (numbers.Sum(numbers.Product(c, h[0]), numbers.Product(minus, h[1])), numbers.Sum(numbers.Product(s, h[0]), numbers.Product(c, h[1])));
    }
}

/// <summary>A state that is one-hot in the states of an automaton, whose transition by a symbol is a matrix with a single 1 in each column.</summary>
internal sealed class AutomatonLayer(FiniteAutomaton automaton)
    : RecurrentLayer(automaton.StateCount, GateKind.ColumnOneHot, [.. Enumerable.Range(0, automaton.StateCount).Select(q => q == automaton.Start ? 1.0 : 0)])
{
    public override void Step<T>(INumbers<T> numbers, int token, ReadOnlySpan<double> below, Span<T> h)
    {
        var old = h.ToArray();
        var (zero, one) = (numbers.Of(0), numbers.Of(1));
        h.Fill(zero);
        for (var q = 0; q < old.Length; q++)
        {
            ref var to = ref h[automaton.Next(q, token)];
            to = numbers.Sum(to, numbers.Product(one, old[q]));
        }
    }
}
