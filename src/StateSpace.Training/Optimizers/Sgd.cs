using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using StateSpace.Models.Parameters;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Training.Optimizers;

/// <summary>
/// Gradient descent with momentum: g ← g + decay · w; m ← momentum · m + g, where m is g at the first step; w ← w − rate · m.
/// As <c>torch.optim.SGD</c> without dampening.
/// </summary>
public sealed class Sgd : Optimizer
{
    /// <summary>Gradient descent on parameters that are treated alike.</summary>
    /// <param name="parameters">What to update.</param>
    /// <param name="momentum">In [0, 1); 0 keeps no state.</param>
    /// <param name="weightDecay">L2 penalty.</param>
    public Sgd(IReadOnlyList<Parameter> parameters, double momentum = 0, double weightDecay = 0)
        : this([new ParameterGroup(parameters)], momentum, weightDecay)
    {
    }

    /// <summary>Gradient descent on groups.</summary>
    /// <param name="groups">What to update.</param>
    /// <param name="momentum">In [0, 1); 0 in all groups keeps no state.</param>
    /// <param name="weightDecay">L2 penalty.</param>
    public Sgd(IReadOnlyList<ParameterGroup> groups, double momentum = 0, double weightDecay = 0)
        : base(groups, new(momentum, 0, 0, weightDecay), groups.Any(group => (group.Beta1 ?? momentum) != 0) ? ["momentum"] : [])
    {
        if (groups.Any(group => group.Beta2 is not null)) throw new ArgumentException("Sgd has no beta2", nameof(groups));
    }

    private protected override UpdateKind Kind => UpdateKind.Descent;

    private protected override UpdateCoefficients Coefficients(in OptimizerSettings settings, double rate, double decay, long step) =>
        new() { Beta1 = settings.Beta1, CoupledDecay = decay, StepSize = rate };

    private protected override unsafe void Update<T>(in UpdateCoefficients coefficients, T* weight, T* gradient, T* first, T* second, long length)
    {
        var kernel = new Kernel<T>(coefficients);
        var lanes = Vector512<T>.Count;
        long i = 0;
        for (; i <= length - lanes; i += lanes) kernel.Apply(weight + i, gradient + i, first is null ? null : first + i);
        if (i == length) return;

        // The rest goes through the same instructions, so that an element's bits do not depend on where it lies.
        var rest = (int)(length - i);
        T* tail = stackalloc T[3 * lanes], w = tail, g = tail + lanes, m = tail + (2 * lanes);
        new Span<T>(tail, 3 * lanes).Clear();
        new ReadOnlySpan<T>(weight + i, rest).CopyTo(new(w, rest));
        new ReadOnlySpan<T>(gradient + i, rest).CopyTo(new(g, rest));
        if (first is not null) new ReadOnlySpan<T>(first + i, rest).CopyTo(new(m, rest));
        kernel.Apply(w, g, m);
        new ReadOnlySpan<T>(w, rest).CopyTo(new(weight + i, rest));
        if (first is not null) new ReadOnlySpan<T>(m, rest).CopyTo(new(first + i, rest));
    }

    private readonly unsafe struct Kernel<T>(in UpdateCoefficients coefficients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Vector512<T> _decay = Vector512.Create(T.CreateTruncating(coefficients.CoupledDecay));
        private readonly Vector512<T> _momentum = Vector512.Create(T.CreateTruncating(coefficients.Beta1));
        private readonly Vector512<T> _step = Vector512.Create(T.CreateTruncating(-coefficients.StepSize));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply(T* weight, T* gradient, T* momentum)
        {
            var w = Vector512.Load(weight);
            var direction = Lanes.MultiplyAdd(_decay, w, Vector512.Load(gradient));
            if (momentum is not null)
            {
                // The state begins at zero, so that the first direction is the gradient.
                direction = Lanes.MultiplyAdd(_momentum, Vector512.Load(momentum), direction);
                Vector512.Store(direction, momentum);
            }

            Vector512.Store(Lanes.MultiplyAdd(_step, direction, w), weight);
        }
    }
}
