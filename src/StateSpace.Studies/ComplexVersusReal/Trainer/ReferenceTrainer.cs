namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>The training loop in double precision on <see cref="ReferenceModel"/>; slow, for comparison with the fast one.</summary>
internal sealed class ReferenceTrainer(FitSpecification run)
{
    private readonly float[] _target = ImpulseTarget.Create(run.Target, run.T, run.Seed);
    private readonly UpdateRule _rule = new(run.Optimizer, run.LearningRate, run.Steps);
    private double[][]? _sum;
    private double[][]? _first;
    private double[][]? _second;

    /// <summary>Current parameters; changed in place by <see cref="Step"/>.</summary>
    public SsmParameters Parameters { get; } = SsmParameters.Initialize(run);

    /// <summary>Loss before the step.</summary>
    public double Loss => ReferenceModel.Loss(Parameters, _target);

    /// <summary>One step of the optimizer.</summary>
    public void Step()
    {
        var gradient = ReferenceModel.Gradient(Parameters, _target);
        var update = _rule.Next();
        _sum ??= Zeros();
        _first ??= Zeros();
        _second ??= Zeros();
        for (var array = 0; array < gradient.Count; array++)
        {
            var values = Parameters.Trainable[array];
            var (sum, m, v) = (_sum[array], _first[array], _second[array]);
            for (var j = 0; j < values.Length; j++)
            {
                sum[j] = (run.AccumulateGradients ? sum[j] : 0) + gradient[array][j];
                m[j] = (UpdateRule.Beta1 * m[j]) + ((1 - UpdateRule.Beta1) * sum[j]);
                v[j] = (UpdateRule.Beta2 * v[j]) + ((1 - UpdateRule.Beta2) * sum[j] * sum[j]);
                values[j] = (update.Decay * values[j]) - (update.Rate * m[j] / ((update.RootScale * Math.Sqrt(v[j])) + update.Epsilon));
            }
        }
    }

    private double[][] Zeros() => [.. Parameters.Trainable.Select(values => new double[values.Length])];
}
