using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Forward pass, backward pass and optimizer of one run in single precision, on one thread and without allocation. States lie across
/// lanes in blocks of 16; each block keeps its parameters, its moments and its working values side by side, so that a pass is a
/// stream through memory and no two arrays meet in one cache set.
/// </summary>
internal abstract unsafe class TrainingKernel
{
    /// <summary>
    /// Keeps numbers that decay to nothing (powers of small eigenvalues, moments of states without gradient) out of the subnormal range,
    /// where an operation costs a hundred times more: it is added wherever they are multiplied, at no cost in a fused multiply-add, and lies
    /// 22 orders below the optimizer's ε.
    /// </summary>
    protected const float Tiny = 1e-30f;

    // Positions in the constants of a step.
    private const int BetaOne = 0;
    private const int OneMinusBetaOne = 1;
    private const int BetaTwo = 2;
    private const int OneMinusBetaTwo = 3;
    private const int NegativeRate = 4;
    private const int RootScale = 5;
    private const int Epsilon = 6;
    private const int Decay = 7;
    private const int TinySquare = 8;

    private readonly AlignedVectors _constants = new(9);

    protected TrainingKernel(int n, int group, int parameters, int working, Residual residual)
    {
        N = n;
        Blocks = (n + (16 * group) - 1) / (16 * group) * group;
        ParametersPerState = parameters;
        WorkingPerState = working;
        Residual = residual;
        Parameters = new(Blocks * parameters);
        Moments = new(Blocks * parameters * 2);
        Sums = new(Blocks * parameters);
        Working = new(Blocks * working);
        _constants.Pointer[BetaOne] = Vector512.Create((float)UpdateRule.Beta1);
        _constants.Pointer[OneMinusBetaOne] = Vector512.Create((float)(1 - UpdateRule.Beta1));
        _constants.Pointer[BetaTwo] = Vector512.Create((float)UpdateRule.Beta2);
        _constants.Pointer[OneMinusBetaTwo] = Vector512.Create((float)(1 - UpdateRule.Beta2));
        _constants.Pointer[TinySquare] = Vector512.Create(Tiny * 1e-3f);
    }

    /// <summary>State dimension.</summary>
    public int N { get; }

    /// <summary>Errors of the last forward pass.</summary>
    public Residual Residual { get; }

    protected int Blocks { get; }

    /// <summary>Trainable numbers of a state: 3 real, 6 complex.</summary>
    protected int ParametersPerState { get; }

    protected int WorkingPerState { get; }

    /// <summary>(block, parameter): the trainable parameters in the order of <see cref="SsmParameters.Trainable"/>.</summary>
    protected AlignedVectors Parameters { get; }

    /// <summary>(block, parameter, 2): first and second moment.</summary>
    protected AlignedVectors Moments { get; }

    /// <summary>(block, parameter): sum of all gradients so far, where they accumulate.</summary>
    protected AlignedVectors Sums { get; }

    /// <summary>(block, working value): eigenvalues and what else is derived from the parameters.</summary>
    protected AlignedVectors Working { get; }

    /// <summary>The kernel of a run, at its start.</summary>
    public static TrainingKernel Create(FitSpecification run) =>
        Create(SsmParameters.Initialize(run), ImpulseTarget.Create(run.Target, run.T, run.Seed), run.AccumulateGradients);

    /// <summary>The kernel for given parameters, rounded to single precision, and target.</summary>
    public static TrainingKernel Create(SsmParameters start, ReadOnlySpan<float> target, bool accumulate) => (start.Field, accumulate) switch
    {
        (StateField.Real, false) => new RealKernel<FreshGradient>(start, target),
        (StateField.Real, true) => new RealKernel<AccumulatedGradient>(start, target),
        (_, false) => new ComplexKernel<FreshGradient>(start, target),
        (_, true) => new ComplexKernel<AccumulatedGradient>(start, target),
    };

    /// <summary>Impulse response of the current parameters against the target; gives Σ_k (ŷ_k − T_k)².</summary>
    public abstract float Forward();

    /// <summary>Gradient at the last forward pass and one optimizer step.</summary>
    public void Update(in UpdateCoefficients update)
    {
        _constants.Pointer[NegativeRate] = Vector512.Create((float)-update.Rate);
        _constants.Pointer[RootScale] = Vector512.Create((float)update.RootScale);
        _constants.Pointer[Epsilon] = Vector512.Create((float)update.Epsilon);
        _constants.Pointer[Decay] = Vector512.Create((float)update.Decay);
        Backward(_constants.Pointer);
    }

    /// <summary>A copy of the current parameters.</summary>
    public abstract SsmParameters ToParameters();

    /// <summary>First moments (1 − β₁)·gradient after a first step, by parameter; for comparison with the reference.</summary>
    public IReadOnlyList<float[]> FirstMoments() => [.. Enumerable.Range(0, ParametersPerState).Select(p => Gather(Moments, 2 * ParametersPerState, 2 * p))];

    protected abstract void Backward(Vector512<float>* constants);

    /// <summary>Spreads an array over (block, position).</summary>
    protected void Scatter(ReadOnlySpan<double> values, AlignedVectors to, int stride, int position)
    {
        for (var j = 0; j < N; j++) to.Floats[((((j / 16) * stride) + position) * 16) + (j % 16)] = (float)values[j];
    }

    /// <summary>Collects an array from (block, position).</summary>
    protected float[] Gather(AlignedVectors from, int stride, int position)
    {
        var values = new float[N];
        for (var j = 0; j < N; j++) values[j] = from.Floats[((((j / 16) * stride) + position) * 16) + (j % 16)];
        return values;
    }

    /// <summary>One parameter of one block by one step; see <see cref="UpdateCoefficients"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static Vector512<float> Descend(Vector512<float> parameter, Vector512<float> gradient, Vector512<float>* moments, Vector512<float>* constants)
    {
        var m = Vector512.FusedMultiplyAdd(moments[0], constants[BetaOne], gradient * constants[OneMinusBetaOne]);
        var v = Vector512.FusedMultiplyAdd(moments[1], constants[BetaTwo], constants[TinySquare]);
        v = Vector512.FusedMultiplyAdd(gradient * constants[OneMinusBetaTwo], gradient, v);
        moments[0] = m;
        moments[1] = v;
        var ratio = m / Vector512.FusedMultiplyAdd(Vector512.Sqrt(v), constants[RootScale], constants[Epsilon]);
        return Vector512.FusedMultiplyAdd(ratio, constants[NegativeRate], parameter * constants[Decay]);
    }
}
