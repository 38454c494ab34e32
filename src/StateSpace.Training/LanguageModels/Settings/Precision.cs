namespace StateSpace.Training.LanguageModels.Settings;

/// <summary>What activations are stored and multiplied in. Weights, their gradients, states and sums are Float32 in any case.</summary>
public enum Precision
{
    /// <summary>Float32.</summary>
    Float32,

    /// <summary>BFloat16, on a GPU.</summary>
    BFloat16,
}
