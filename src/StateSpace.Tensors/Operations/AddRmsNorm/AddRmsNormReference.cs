using StateSpace.Tensors.Operations.RmsNorm;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.AddRmsNorm;

/// <summary>The truth, in double: s = residual + x, y = RmsNorm(s).</summary>
internal static class AddRmsNormReference
{
    /// <returns>y and s.</returns>
    public static ReferenceArray[] Forward(ReferenceArray residual, ReferenceArray x, ReferenceArray weight, double epsilon)
    {
        var sum = Sum(residual, x);
        return [RmsNormReference.Forward(sum, weight, epsilon), sum];
    }

    /// <summary>∂residual = ∂x = ∂s + RmsNorm's gradient of s.</summary>
    public static ReferenceArray[] Backward(ReferenceArray residual, ReferenceArray x, ReferenceArray weight, double epsilon, ReferenceArray[] gradients)
    {
        var norm = RmsNormReference.Backward(Sum(residual, x), weight, epsilon, gradients[0]);
        var both = Sum(norm[0], gradients[1]);
        return [both, both, norm[1]];
    }

    private static ReferenceArray Sum(ReferenceArray left, ReferenceArray right) => new(left.Shape, [.. left.Values.Zip(right.Values, (a, b) => a + b)]);
}
