namespace StateSpace.Tensors.Cpu;

/// <summary>Real or complex, as a type argument of a kernel: the JIT compiles each form without the other's branches.</summary>
internal interface INumberField
{
    static abstract bool IsComplex { get; }
}

/// <summary>Numbers without an imaginary part; kernels read and write no imaginary arrays.</summary>
internal readonly struct RealField : INumberField
{
    public static bool IsComplex => false;
}

/// <summary>Pairs of arrays (re, im).</summary>
internal readonly struct ComplexField : INumberField
{
    public static bool IsComplex => true;
}
