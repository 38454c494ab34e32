using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Training.Optimizers;

/// <summary>
/// Optimizers with running means of the gradient, m ← m + (1 − β₁)(g − m), and of its square, v ← β₂ v + (1 − β₂) g²; they differ
/// in the step size and in where weight decay enters.
/// </summary>
public abstract class MomentOptimizer : Optimizer
{
    private protected MomentOptimizer(IReadOnlyList<ParameterGroup> groups, double beta1, double beta2, double epsilon, double weightDecay)
        : base(groups, new(beta1, beta2, epsilon, weightDecay), "first_moment", "second_moment")
    {
    }

    /// <summary>Step size rate / (1 − β₁ᵗ) and √v corrected by 1 / √(1 − β₂ᵗ), without decay.</summary>
    private protected static UpdateCoefficients BiasCorrected(in OptimizerSettings settings, double rate, long step) => new()
    {
        Beta1 = settings.Beta1,
        Beta2 = settings.Beta2,
        Epsilon = settings.Epsilon,
        Shrink = 1,
        StepSize = rate / (1 - Math.Pow(settings.Beta1, step)),
        RootScale = 1 / Math.Sqrt(1 - Math.Pow(settings.Beta2, step)),
        IsAdaptive = true,
    };

    private protected sealed override unsafe void Update<T>(in UpdateCoefficients coefficients, T* weight, T* gradient, T* first, T* second, long length)
    {
        var kernel = new Kernel<T>(coefficients);
        var lanes = Vector512<T>.Count;
        long i = 0;
        for (; i <= length - lanes; i += lanes) kernel.Apply(weight + i, gradient + i, first + i, second + i);
        if (i == length) return;

        // The rest goes through the same instructions, so that an element's bits do not depend on where it lies.
        var rest = (int)(length - i);
        T* tail = stackalloc T[4 * lanes], w = tail, g = tail + lanes, m = tail + (2 * lanes), v = tail + (3 * lanes);
        new Span<T>(tail, 4 * lanes).Clear();
        new ReadOnlySpan<T>(weight + i, rest).CopyTo(new(w, rest));
        new ReadOnlySpan<T>(gradient + i, rest).CopyTo(new(g, rest));
        new ReadOnlySpan<T>(first + i, rest).CopyTo(new(m, rest));
        new ReadOnlySpan<T>(second + i, rest).CopyTo(new(v, rest));
        kernel.Apply(w, g, m, v);
        new ReadOnlySpan<T>(w, rest).CopyTo(new(weight + i, rest));
        new ReadOnlySpan<T>(m, rest).CopyTo(new(first + i, rest));
        new ReadOnlySpan<T>(v, rest).CopyTo(new(second + i, rest));
    }

    private readonly unsafe struct Kernel<T>(in UpdateCoefficients coefficients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly bool _isAdaptive = coefficients.IsAdaptive;
        private readonly Vector512<T> _decay = Vector512.Create(T.CreateTruncating(coefficients.CoupledDecay));
        private readonly Vector512<T> _shrink = Vector512.Create(T.CreateTruncating(coefficients.Shrink));
        private readonly Vector512<T> _firstShare = Vector512.Create(T.CreateTruncating(1 - coefficients.Beta1));
        private readonly Vector512<T> _secondDecay = Vector512.Create(T.CreateTruncating(coefficients.Beta2));
        private readonly Vector512<T> _secondShare = Vector512.Create(T.CreateTruncating(1 - coefficients.Beta2));
        private readonly Vector512<T> _rootScale = Vector512.Create(T.CreateTruncating(coefficients.RootScale));
        private readonly Vector512<T> _epsilon = Vector512.Create(T.CreateTruncating(coefficients.Epsilon));
        private readonly Vector512<T> _step = Vector512.Create(T.CreateTruncating(-coefficients.StepSize));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(T* weight, T* gradient, T* first, T* second)
        {
            var w = Vector512.Load(weight);
            var g = Lanes.MultiplyAdd(_decay, w, Vector512.Load(gradient));
            var m = Vector512.Load(first);
            m = Lanes.MultiplyAdd(_firstShare, g - m, m);
            var v = Lanes.MultiplyAdd(_secondShare * g, g, _secondDecay * Vector512.Load(second));
            Vector512.Store(m, first);
            Vector512.Store(v, second);
            var direction = _isAdaptive ? m / Lanes.MultiplyAdd(Vector512.Sqrt(v), _rootScale, _epsilon) : m;
            Vector512.Store(Lanes.MultiplyAdd(_step, direction, _shrink * w), weight);
        }
    }
}
