using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.VectorMath;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>
/// The decays within a chunk for one head. With s_t = Σ_{r ≤ t} Δ_r A over the chunk, what step j ≤ t left decays by exp(s_t − s_j) until t:
/// the exponents are never positive. What lies before a reset is masked.
/// </summary>
internal sealed unsafe class ChunkDecay<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SsdArrays<T> _x;
    private readonly Storage _storage;
    private readonly double* _sums;
    private readonly T* _high;
    private readonly T* _low;
    private readonly int* _first;

    public ChunkDecay(SsdArrays<T> x)
    {
        _x = x;
        var padded = ChunkMatrix<T>.StrideOf(x.Chunk);
        _storage = MemoryPool.Rent(padded * ((5 * sizeof(T)) + sizeof(double) + sizeof(int)));
        _sums = (double*)_storage.Pointer;
        _high = (T*)(_sums + padded);
        _low = _high + padded;
        Delta = _low + padded;
        FromStart = Delta + padded;
        ToEnd = FromStart + padded;
        _first = (int*)(ToEnd + padded);
    }

    /// <summary>Δ_t.</summary>
    public T* Delta { get; }

    /// <summary>exp(s_t): how much of the incoming state is left at t; zero from the first reset on.</summary>
    public T* FromStart { get; }

    /// <summary>exp(s_end − s_t): how much of what t left is left at the end; zero before the last reset.</summary>
    public T* ToEnd { get; }

    /// <summary>How much of the incoming state is left at the end.</summary>
    public T Whole { get; private set; }

    /// <summary>Reads Δ, A and the resets of <paramref name="steps"/> steps from <paramref name="start"/>.</summary>
    public void Read(long sequence, long head, long start, int steps)
    {
        var a = _x.A == null ? 0 : double.CreateTruncating(_x.A[head]);
        var (sum, first) = (0.0, 0);
        for (var t = 0; t < steps; t++)
        {
            Delta[t] = _x.Delta == null ? T.One : _x.Delta[_x.AtDelta(sequence, start + t, head)];
            if (_x.IsReset(sequence, start + t)) first = t + 1;
            if (_x.Delta != null) sum += double.CreateTruncating(Delta[t]) * a;

            // A difference of sums must keep its digits though the sums are large: they are held in two parts.
            _sums[t] = sum;
            _high[t] = T.CreateTruncating(sum);
            _low[t] = T.CreateTruncating(sum - double.CreateTruncating(_high[t]));
            _first[t] = first;
            FromStart[t] = T.CreateTruncating(sum);
        }

        for (var t = 0; t < steps; t++) ToEnd[t] = T.CreateTruncating(sum - _sums[t]);
        UnaryDriver.Range<T, ExpOperator>(FromStart, FromStart, steps);
        UnaryDriver.Range<T, ExpOperator>(ToEnd, ToEnd, steps);
        for (var t = 0; t < steps; t++)
        {
            if (_first[t] > 0) FromStart[t] = T.Zero;
            if (t < first - 1) ToEnd[t] = T.Zero;
        }

        Whole = steps == 0 ? T.One : FromStart[steps - 1];
    }

    /// <summary>
    /// Row t of the decay matrix L, exp(s_t − s_j) for j ≤ t with no reset in (j, t], and zero for other j &lt; <paramref name="width"/>; and
    /// its product with a row of scores, whose elements where L is zero are not used.
    /// </summary>
    /// <param name="t">Step of the chunk.</param>
    /// <param name="width">Elements to write, rounded up to whole vectors.</param>
    /// <param name="scores">The row of S.</param>
    /// <param name="weights">Receives S ∘ L.</param>
    /// <param name="decays">Receives L, where not null.</param>
    public void Weigh(int t, int width, T* scores, T* weights, T* decays)
    {
        var lanes = Vector512<T>.Count;
        var (from, to) = (Vector512.Create(T.CreateTruncating(Math.Max(0, _first[t] - 1))), Vector512.Create(T.CreateTruncating(t)));
        Vector512<T> high = Vector512.Create(_high[t]), low = Vector512.Create(_low[t]), smallest = Vector512.Create(T.CreateTruncating(SmallestExponent));
        for (var j = 0; j < width; j += lanes)
        {
            var decay = Vector512<T>.Zero;
            var weight = Vector512<T>.Zero;
            if (j <= t && j + lanes >= _first[t])
            {
                var exponent = (high - Vector512.Load(_high + j)) + (low - Vector512.Load(_low + j));
                var step = Vector512<T>.Indices + Vector512.Create(T.CreateTruncating(j));
                var seen = Vector512.GreaterThanOrEqual(step, from) & Vector512.LessThanOrEqual(step, to) & Vector512.GreaterThanOrEqual(exponent, smallest);
                decay = (_x.Delta == null ? Vector512<T>.One : UnaryDriver.Invoke<T, ExpOperator>(exponent)) & seen;
                weight = (decay * Vector512.Load(scores + j)) & seen;
            }

            Vector512.Store(weight, weights + j);
            if (decays != null) Vector512.Store(decay, decays + j);
        }
    }

    public void Dispose() => _storage.Release();

    /// <summary>Decays below the numbers that <see cref="Decay"/> keeps are zero, so that no product with them is subnormal.</summary>
    private static double SmallestExponent => Math.Log(sizeof(T) == sizeof(float) ? Decay.SmallestSingle : Decay.SmallestDouble);
}
