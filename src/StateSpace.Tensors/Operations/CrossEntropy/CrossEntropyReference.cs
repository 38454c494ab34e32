using StateSpace.Tensors.Operations.Softmax;
using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.CrossEntropy;

/// <summary>The truth, in double: −mean of log softmax(logits)[target] over the targets that are not ignored; 0 where there are none.</summary>
internal static class CrossEntropyReference
{
    public static ReferenceArray Forward(ReferenceArray logits, ReferenceArray targets, long ignore)
    {
        var logarithms = SoftmaxReference.LogSoftmax(logits);
        double sum = 0, count = 0;
        for (var row = 0; row < targets.Values.Length; row++)
        {
            if (targets.Values[row] == ignore) continue;
            sum -= logarithms.Values[(row * (int)logits.Shape[^1]) + (int)targets.Values[row]];
            count++;
        }

        return new(Shape.Scalar, [sum / Math.Max(1, count)]);
    }

    /// <summary>∂logits = (softmax − [class = target]) g / count in rows that are not ignored.</summary>
    public static ReferenceArray?[] Backward(ReferenceArray logits, ReferenceArray targets, long ignore, double gradient)
    {
        var classes = (int)logits.Shape[^1];
        var dlogits = SoftmaxReference.Softmax(logits);
        double count = Math.Max(1, targets.Values.Count(target => target != ignore));
        for (var i = 0; i < dlogits.Values.Length; i++)
        {
            var target = targets.Values[i / classes];
            dlogits.Values[i] = target == ignore ? 0 : (dlogits.Values[i] - (target == i % classes ? 1 : 0)) * gradient / count;
        }

        return [dlogits, null];
    }
}
