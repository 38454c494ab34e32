using System.Numerics;
using StateSpace.Tensors.Cpu;
using static StateSpace.Tensors.Operations.ZeroOrderHold.HoldFunctions;

namespace StateSpace.Tensors.Operations.ZeroOrderHold;

/// <summary>Element by element in double: there are D·N elements, not B·L·D.</summary>
internal static unsafe class ZeroOrderHoldCpu
{
    private const long ChannelsPerBlock = 16;

    /// <param name="inputs">Δ, A (re and, where complex, im).</param>
    /// <param name="outputs">ΔA, then B̄, likewise.</param>
    public static void Forward<T>(Tensor[] inputs, Tensor[] outputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var states = inputs[1].Shape[1];
        var delta = inputs[0].Pointer<T>();
        Parts<T> a = new(inputs, 1), logLambda = new(outputs, 0), input = new(outputs, 1);
        CpuTeam.ForBlocks(inputs[0].Count, ChannelsPerBlock, (start, end) =>
        {
            for (var i = start * states; i < end * states; i++)
            {
                var (step, value) = (double.CreateTruncating(delta[i / states]), a[i]);
                var z = (step * value.Re, step * value.Im);
                var phi = At(z).Phi;
                logLambda.Set(i, z);
                input.Set(i, (step * phi.Re, step * phi.Im));
            }
        });
    }

    /// <summary>With α and β from ΔA and B̄: ∂A = Δ α + Δ² conj(φ′) β, ∂Δ = Σ_n Re(conj(A) α + conj(e^{ΔA}) β).</summary>
    public static void Backward<T>(Tensor[] inputs, Tensor[] outputGradients, Tensor[] gradients)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var states = inputs[1].Shape[1];
        T* delta = inputs[0].Pointer<T>(), ddelta = gradients[0].Pointer<T>();
        Parts<T> a = new(inputs, 1), da = new(gradients, 1), alpha = new(outputGradients, 0), beta = new(outputGradients, 1);
        CpuTeam.ForBlocks(inputs[0].Count, ChannelsPerBlock, (start, end) =>
        {
            for (var d = start; d < end; d++)
            {
                var (step, sum) = (double.CreateTruncating(delta[d]), 0.0);
                for (var i = d * states; i < (d + 1) * states; i++)
                {
                    var (value, first, second) = (a[i], alpha[i], beta[i]);
                    var functions = At((step * value.Re, step * value.Im));
                    var slope = Multiply((functions.Slope.Re, -functions.Slope.Im), second);
                    da.Set(i, ((step * first.Re) + (step * step * slope.Re), (step * first.Im) + (step * step * slope.Im)));
                    sum += (value.Re * first.Re) + (value.Im * first.Im) + (functions.Exponential.Re * second.Re) + (functions.Exponential.Im * second.Im);
                }

                ddelta[d] = T.CreateTruncating(sum);
            }
        });
    }

    /// <summary>Real, or real and imaginary, arrays.</summary>
    private readonly struct Parts<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly T* _re;
        private readonly T* _im;

        /// <param name="tensors">Δ, if any, and then for each quantity one tensor, or two where complex.</param>
        /// <param name="quantity">Index of the quantity; Δ is one.</param>
        public Parts(Tensor[] tensors, int quantity)
        {
            var (leading, complex) = tensors.Length switch { 3 => (1, true), 4 => (0, true), _ => (0, false) };
            var position = complex ? leading + (2 * (quantity - leading)) : quantity;
            _re = tensors[position].Pointer<T>();
            _im = complex ? tensors[position + 1].Pointer<T>() : null;
        }

        public (double Re, double Im) this[long i] => (double.CreateTruncating(_re[i]), _im == null ? 0 : double.CreateTruncating(_im[i]));

        public void Set(long i, (double Re, double Im) value)
        {
            _re[i] = T.CreateTruncating(value.Re);
            if (_im != null) _im[i] = T.CreateTruncating(value.Im);
        }
    }
}
