using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The gradient of the exponents Δ_t A of a chunk for one head: at t, what passes from before t to t or later. That is what the incoming state
/// gives the outputs from t on, what steps before t give them and the outgoing state, and what the one state gives the other.
/// </summary>
/// <remarks>
/// Sums of these parts are formed so that what a step gives its own output, which decays do not touch, never enters: where decays are strong
/// it is all there is, and differences of totals would be its rounding.
/// </remarks>
internal sealed unsafe class DecayGradient<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Storage _storage;
    private readonly T* _columns;
    private readonly double[] _rows;
    private readonly double[] _sums;

    public DecayGradient(int chunk)
    {
        _storage = MemoryPool.Rent(ChunkMatrix<T>.StrideOf(chunk) * sizeof(T));
        _columns = (T*)_storage.Pointer;
        (_rows, _sums) = (new double[chunk], new double[chunk]);
        (Incoming, Outgoing) = (new double[chunk], new double[chunk]);
    }

    /// <summary>At t, what the incoming state gives output t.</summary>
    public double[] Incoming { get; }

    /// <summary>At t, what step t gives the outgoing state.</summary>
    public double[] Outgoing { get; }

    /// <summary>Begins a head: nothing is given.</summary>
    public void Clear(int steps)
    {
        new Span<T>(_columns, steps).Clear();
        Array.Clear(Incoming);
        Array.Clear(Outgoing);
    }

    /// <summary>
    /// For row t: adds L ∘ g (Δ x)ᵀ to ∂S, and takes note of its product with S before the diagonal, which is what earlier steps give output t.
    /// </summary>
    public void AddRow(int t, T* products, T* decays, T* scores, T* ofScores)
    {
        // Whole vectors, which rows in scratch memory have, and masks: behind the diagonal lies what was never written.
        Vector512<T> row = Vector512<T>.Zero, here = Vector512.Create(T.CreateTruncating(t));
        for (var j = 0; j <= t; j += Vector512<T>.Count)
        {
            var step = Vector512<T>.Indices + Vector512.Create(T.CreateTruncating(j));
            var ofScore = (Vector512.Load(products + j) * Vector512.Load(decays + j)) & Vector512.LessThanOrEqual(step, here);
            Vector512.Store(Vector512.Load(ofScores + j) + ofScore, ofScores + j);
            var given = (ofScore * Vector512.Load(scores + j)) & Vector512.LessThan(step, here);
            row += given;
            Vector512.Store(Vector512.Load(_columns + j) + given, _columns + j);
        }

        _rows[t] = double.CreateTruncating(Vector512.Sum(row));
    }

    /// <summary>The gradient at each t.</summary>
    /// <param name="steps">Steps of the chunk.</param>
    /// <param name="betweenStates">What the incoming state gives the outgoing one.</param>
    /// <param name="isReset">Whether a step is a reset, which nothing passes.</param>
    public ReadOnlySpan<double> Sum(int steps, double betweenStates, Func<int, bool> isReset)
    {
        var before = betweenStates;
        for (var t = 0; t < steps; t++)
        {
            _sums[t] = before;
            before += Outgoing[t];
        }

        double across = 0, after = 0;
        for (var t = steps - 1; t >= 0; t--)
        {
            after += Incoming[t];
            across += _rows[t] - double.CreateTruncating(_columns[t]);
            if (isReset(t)) across = 0;
            _sums[t] += after + across;
        }

        return _sums.AsSpan(0, steps);
    }

    public void Dispose() => _storage.Release();
}
