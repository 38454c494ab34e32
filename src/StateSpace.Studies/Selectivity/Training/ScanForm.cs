using StateSpace.Models.Layers;

namespace StateSpace.Studies.Selectivity.Training;

/// <summary>What the state of an S6 is made of.</summary>
internal enum ScanForm
{
    /// <summary>N real states with gates exp(−Δλ) in (0, 1).</summary>
    Real,

    /// <summary>N/2 complex states with gates in the unit disc.</summary>
    Complex,

    /// <summary>N real states with gates 2 exp(−Δλ) − 1 in (−1, 1).</summary>
    Signed,

    /// <summary>The complex states by real numbers: real gates, and angles that add up in B and C.</summary>
    Rotating,
}

/// <summary>Names of the forms, and the layers that they are.</summary>
internal static class ScanForms
{
    /// <summary>The name in tables and charts.</summary>
    public static string Title(this ScanForm form) => form switch
    {
        ScanForm.Real => "real",
        ScanForm.Complex => "complex",
        ScanForm.Signed => "signed",
        _ => "rotating",
    };

    /// <summary>Time of a step in proportion to that of the real form: the last two keep all states in memory.</summary>
    public static double Cost(this ScanForm form) => form switch
    {
        ScanForm.Signed => 4,
        ScanForm.Rotating => 10,
        _ => 1,
    };

    /// <summary>The layer: N real numbers of state per channel in each form.</summary>
    public static S6Settings Layer(this ScanForm form, int stateSize, Selection selection) => new()
    {
        StateSize = stateSize,
        Complex = form is ScanForm.Complex or ScanForm.Rotating,
        SignedGates = form == ScanForm.Signed,
        Rotations = form == ScanForm.Rotating,
        SelectiveB = selection.B,
        SelectiveC = selection.C,
        SelectiveDelta = selection.Delta,
    };
}
