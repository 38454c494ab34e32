namespace StateSpace.Tensors.Operations.CausalConvolution;

/// <summary>What is applied to the output of a convolution.</summary>
public enum ConvolutionActivation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>SiLU, z σ(z), as in Mamba.</summary>
    Silu,
}
