using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>What the operation reads: x (B, L, D), weight (D, K), bias (D), initial state (B, K − 1, D) and resets (B, L), the latter three or null.</summary>
internal sealed record ConvolutionTensors(Tensor X, Tensor Weight, Tensor? Bias, Tensor? Initial, Tensor? Resets, ConvolutionActivation Activation);

/// <summary>The same as the kernels see it: rows of x continued backwards by the initial state, and the weights with channels last.</summary>
internal sealed unsafe class ConvolutionArrays<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Storage _storage;
    private readonly T* _x;
    private readonly T* _initial;
    private readonly int* _resets;

    /// <param name="tensors">The operation's inputs.</param>
    /// <param name="reverses">Whether <see cref="ReversedWeights"/> are needed.</param>
    public ConvolutionArrays(ConvolutionTensors tensors, bool reverses = false)
    {
        var x = tensors.X;
        (Batch, Length, Channels, Taps) = (x.Shape[0], x.Shape[1], x.Shape[2], (int)tensors.Weight.Shape[1]);
        _x = x.Pointer<T>();
        _initial = tensors.Initial is null ? null : tensors.Initial.Pointer<T>();
        _resets = tensors.Resets is null ? null : tensors.Resets.Pointer<int>();
        _storage = MemoryPool.Rent(((2 * Taps) + 2) * Channels * sizeof(T));
        Weights = (T*)_storage.Pointer;
        ReversedWeights = Weights + (Taps * Channels);
        Bias = ReversedWeights + (Taps * Channels);
        Zeros = Bias + Channels;
        var weight = tensors.Weight.Pointer<T>();
        Transpose(weight);
        for (var k = 0; reverses && k < Taps; k++) new Span<T>(Weights + (k * Channels), (int)Channels).CopyTo(new(ReversedWeights + ((Taps - 1 - k) * Channels), (int)Channels));
        new Span<T>(Bias, checked((int)(2 * Channels))).Clear();
        tensors.Bias?.Span<T>().CopyTo(new(Bias, (int)Channels));
    }

    public long Batch { get; }

    public long Length { get; }

    public long Channels { get; }

    public int Taps { get; }

    /// <summary>(K, D).</summary>
    public T* Weights { get; }

    /// <summary>(K, D), the last tap first.</summary>
    public T* ReversedWeights { get; }

    /// <summary>(D), zeros where there is none.</summary>
    public T* Bias { get; }

    /// <summary>A row of zeros.</summary>
    public T* Zeros { get; }

    /// <summary>Row t of x; for −K &lt; t &lt; 0 a row of the initial state.</summary>
    public T* Row(long sequence, long t) =>
        t >= 0 ? _x + (((sequence * Length) + t) * Channels)
        : _initial == null ? Zeros
        : _initial + (((sequence * (Taps - 1)) + t + Taps - 1) * Channels);

    /// <summary>The first row that an output of row t, or of the row behind the last, sees: the last reset up to t, or its first tap.</summary>
    public long FirstSeen(long sequence, long t)
    {
        var first = t - Taps + 1;
        if (_resets == null) return first;
        for (var s = Math.Min(t, Length - 1); s >= Math.Max(first, 0); s--)
        {
            if (_resets[(sequence * Length) + s] != 0) return s;
        }

        return first;
    }

    /// <summary>The first reset behind row t and before <paramref name="end"/>, or <paramref name="end"/>.</summary>
    public long NextReset(long sequence, long t, long end)
    {
        if (_resets == null) return end;
        for (var s = t + 1; s < end; s++)
        {
            if (_resets[(sequence * Length) + s] != 0) return s;
        }

        return end;
    }

    public void Dispose() => _storage.Release();

    /// <summary>(D, K) to (K, D). Four taps of float32, the usual number, go through registers: at a single step this is most of the work.</summary>
    private void Transpose(T* weight)
    {
        long d = 0;
        if (Sse.IsSupported && Taps == 4 && typeof(T) == typeof(float))
        {
            for (; d <= Channels - 4; d += 4)
            {
                var from = (float*)weight + (d * 4);
                Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + 4), c = Vector128.Load(from + 8), e = Vector128.Load(from + 12);
                var to = (float*)Weights + d;
                Vector128<float> acLow = Sse.UnpackLow(a, c), beLow = Sse.UnpackLow(b, e), acHigh = Sse.UnpackHigh(a, c), beHigh = Sse.UnpackHigh(b, e);
                Sse.UnpackLow(acLow, beLow).Store(to);
                Sse.UnpackHigh(acLow, beLow).Store(to + Channels);
                Sse.UnpackLow(acHigh, beHigh).Store(to + (2 * Channels));
                Sse.UnpackHigh(acHigh, beHigh).Store(to + (3 * Channels));
            }
        }

        for (; d < Channels; d++)
        {
            for (var k = 0; k < Taps; k++) Weights[(k * Channels) + d] = weight[(d * Taps) + k];
        }
    }
}
