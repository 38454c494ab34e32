namespace StateSpace.Training.Optimizers;

/// <summary>
/// The numbers of one update of one part of a parameter. With gradient g, weight w, moments m and v:
/// g ← g + <see cref="CoupledDecay"/> w; then the optimizer's moments; w ← <see cref="Shrink"/> w − <see cref="StepSize"/> · direction.
/// </summary>
internal struct UpdateCoefficients
{
    public double Beta1;
    public double Beta2;

    /// <summary>L2 penalty, which goes through the moments.</summary>
    public double CoupledDecay;

    /// <summary>Decoupled weight decay, which does not: 1 − rate · decay.</summary>
    public double Shrink;

    public double StepSize;

    /// <summary>Factor on √v before <see cref="Epsilon"/> is added.</summary>
    public double RootScale;

    public double Epsilon;

    /// <summary>Whether the direction is m / (√v · <see cref="RootScale"/> + <see cref="Epsilon"/>), or else m alone.</summary>
    public bool IsAdaptive;
}
