namespace StateSpace.Training.Optimizers;

/// <summary>How the kernels of a GPU compute an update's numbers; the order is that of <c>ParameterUpdate.cu</c>.</summary>
internal enum UpdateKind
{
    /// <summary><see cref="Sgd"/>.</summary>
    Descent,

    /// <summary><see cref="Optimizers.Adam"/>.</summary>
    Adam,

    /// <summary><see cref="Optimizers.AdamW"/>.</summary>
    AdamW,

    /// <summary><see cref="Optimizers.RAdam"/>.</summary>
    RAdam,
}
