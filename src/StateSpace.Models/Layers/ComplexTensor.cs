using StateSpace.Tensors;

namespace StateSpace.Models.Layers;

/// <summary>A complex tensor as two real ones, with the arithmetic that small coefficient tables need.</summary>
internal readonly record struct ComplexTensor(Tensor Re, Tensor Im)
{
    public static implicit operator (Tensor Re, Tensor Im)(ComplexTensor z) => (z.Re, z.Im);

    public static implicit operator ComplexTensor((Tensor Re, Tensor Im) z) => new(z.Re, z.Im);

    public static ComplexTensor operator *(ComplexTensor x, ComplexTensor y) => new((x.Re * y.Re) - (x.Im * y.Im), (x.Re * y.Im) + (x.Im * y.Re));

    public static ComplexTensor operator *(ComplexTensor z, Tensor factor) => new(z.Re * factor, z.Im * factor);

    public static ComplexTensor operator *(ComplexTensor z, double factor) => new(z.Re * factor, z.Im * factor);

    public static ComplexTensor operator +(ComplexTensor z, double number) => new(z.Re + number, z.Im);

    public static ComplexTensor operator -(double number, ComplexTensor z) => new(number - z.Re, -z.Im);

    /// <summary>x / y = x ȳ / |y|².</summary>
    public static ComplexTensor operator /(ComplexTensor x, ComplexTensor y) => x * new ComplexTensor(y.Re, -y.Im) * (y.Re.Square() + y.Im.Square()).Reciprocal();

    /// <summary>e^z.</summary>
    public ComplexTensor Exp()
    {
        var magnitude = Re.Exp();
        return new(magnitude * Im.Cos(), magnitude * Im.Sin());
    }
}
