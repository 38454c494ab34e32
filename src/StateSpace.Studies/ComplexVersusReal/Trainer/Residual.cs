using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// What the forward pass leaves for the backward pass: ŷ_k − T_k, and its multiples e_k and k·e_k that the gradient takes. Steps k
/// come in tiles of 16; the last tile is padded by zeros.
/// </summary>
internal sealed unsafe class Residual
{
    private readonly AlignedVectors _target;
    private readonly AlignedVectors _difference;
    private readonly AlignedVectors _error;
    private readonly AlignedVectors _weightedError;
    private readonly AlignedVectors _errorFactor;
    private readonly AlignedVectors _weightedErrorFactor;
    private readonly AlignedVectors _rows = new(16);
    private readonly Vector512<float> _outputFactor;
    private readonly double _targetL1;

    /// <param name="target">T_k.</param>
    /// <param name="outputFactor">ŷ_k over the sum of the lanes: 1 real, 2 complex (ŷ = 2 Re Σ …).</param>
    /// <param name="errorFactor">e_k over ŷ_k − T_k.</param>
    public Residual(ReadOnlySpan<float> target, float outputFactor, float errorFactor)
    {
        Length = target.Length;
        Tiles = (target.Length + 15) / 16;
        _outputFactor = Vector512.Create(outputFactor);
        (_target, _difference) = (new(Tiles), new(Tiles));
        (_error, _weightedError) = (new(Tiles), new(Tiles));
        (_errorFactor, _weightedErrorFactor) = (new(Tiles), new(Tiles));
        target.CopyTo(_target.Floats);
        for (var k = 0; k < target.Length; k++)
        {
            _errorFactor.Floats[k] = errorFactor;
            _weightedErrorFactor.Floats[k] = k * errorFactor;
            _targetL1 += Math.Abs(target[k]);
        }
    }

    /// <summary>Number of time steps t.</summary>
    public int Length { get; }

    /// <summary>Tiles of 16 time steps.</summary>
    public int Tiles { get; }

    /// <summary>16 vectors for the sums of a tile, one for each step, states across lanes.</summary>
    public Vector512<float>* Rows => _rows.Pointer;

    /// <summary>e_k, zero from t up to 16·Tiles.</summary>
    public float* Error => (float*)_error.Pointer;

    /// <summary>k·e_k, zero from t up to 16·Tiles.</summary>
    public float* WeightedError => (float*)_weightedError.Pointer;

    /// <summary>Reduces <see cref="Rows"/> over the lanes and stores the errors of a tile; gives the squares of its differences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Reduce(int tile, bool last)
    {
        var difference = (LaneSums.Transposed(_rows.Pointer) * _outputFactor) - _target.Pointer[tile];
        if (last) difference = Vector512.ConditionalSelect(Vector512.Equals(_errorFactor.Pointer[tile], Vector512<float>.Zero), Vector512<float>.Zero, difference);
        _difference.Pointer[tile] = difference;
        _error.Pointer[tile] = difference * _errorFactor.Pointer[tile];
        _weightedError.Pointer[tile] = difference * _weightedErrorFactor.Pointer[tile];
        return difference * difference;
    }

    /// <summary>‖ŷ − T‖₁/‖T‖₁ of the last forward pass.</summary>
    public double RelativeL1()
    {
        var sum = Vector512<float>.Zero;
        for (var tile = 0; tile < Tiles; tile++) sum += Vector512.Abs(_difference.Pointer[tile]);
        return LaneSums.Sum(sum) / _targetL1;
    }
}
