using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.ImpulseResponse;

/// <summary>
/// The convolution kernel of a time-invariant diagonal state space model, a product with a Vandermonde matrix: k_l = s Re Σ_n w_n λ_n^l
/// (S4D: Gu et al., 2022, arXiv 2206.11893, eq. 5 and 6).
/// </summary>
/// <remarks>
/// It is the response of <see cref="DiagonalRecurrence"/> to u = (1, 0, 0, …). Numbers are real, or complex as pairs (re, im); the
/// gradient of a complex input is the pair (∂/∂re, ∂/∂im). λ^0 = 1 also where λ = 0.
/// </remarks>
public sealed class ImpulseResponse : Operation
{
    private readonly bool _complex;
    private readonly bool _isLog;
    private readonly long _length;
    private readonly double _scale;

    private ImpulseResponse(bool complex, bool isLog, long length, double scale)
    {
        _complex = complex;
        _isLog = isLog;
        _length = length;
        _scale = scale;
    }

    /// <summary>k_l = s Σ_n w_n λ_n^l with real λ and w.</summary>
    /// <param name="lambda">Eigenvalues λ, (D, N).</param>
    /// <param name="weight">Weights w, (D, N).</param>
    /// <param name="length">L.</param>
    /// <param name="scale">s.</param>
    /// <returns>The kernel, (D, L).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static Tensor Apply(Tensor lambda, Tensor weight, long length, double scale = 1) =>
        new ImpulseResponse(complex: false, isLog: false, length, scale).RunOne(lambda, weight);

    /// <summary>k_l = s Re Σ_n w_n λ_n^l with complex λ and w.</summary>
    /// <param name="lambda">Eigenvalues λ, (D, N) each.</param>
    /// <param name="weight">Weights w, (D, N) each.</param>
    /// <param name="length">L.</param>
    /// <param name="scale">s; 2 where each eigenvalue stands for a conjugate pair.</param>
    /// <returns>The kernel, (D, L).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static Tensor Apply((Tensor Re, Tensor Im) lambda, (Tensor Re, Tensor Im) weight, long length, double scale = 1) =>
        new ImpulseResponse(complex: true, isLog: false, length, scale).RunOne(lambda.Re, lambda.Im, weight.Re, weight.Im);

    /// <summary>k_l = s Σ_n w_n exp(l a_n) with real a, such as a = ΔA.</summary>
    /// <param name="logLambda">a = log λ, (D, N).</param>
    /// <param name="weight">Weights w, (D, N).</param>
    /// <param name="length">L.</param>
    /// <param name="scale">s.</param>
    /// <returns>The kernel, (D, L).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static Tensor FromLog(Tensor logLambda, Tensor weight, long length, double scale = 1) =>
        new ImpulseResponse(complex: false, isLog: true, length, scale).RunOne(logLambda, weight);

    /// <summary>k_l = s Re Σ_n w_n exp(l a_n) with complex a, such as a = ΔA in S4D. The exponentials are taken in double: the phase l Im a loses nothing.</summary>
    /// <param name="logLambda">a = log λ, (D, N) each.</param>
    /// <param name="weight">Weights w, (D, N) each.</param>
    /// <param name="length">L.</param>
    /// <param name="scale">s; 2 where each eigenvalue stands for a conjugate pair.</param>
    /// <returns>The kernel, (D, L).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit.</exception>
    public static Tensor FromLog((Tensor Re, Tensor Im) logLambda, (Tensor Re, Tensor Im) weight, long length, double scale = 1) =>
        new ImpulseResponse(complex: true, isLog: true, length, scale).RunOne(logLambda.Re, logLambda.Im, weight.Re, weight.Im);

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var tensors = Tensors([.. Enumerable.Range(0, step.InputCount).Select(step.Input)]);
        var gradients = tensors.Like();
        var gradient = step.OutputGradient(0);
        if (!gradient.Device.IsCpu) ImpulseResponseCuda.Backward(tensors, gradient, gradients);
        else BackwardCpu(tensors, gradient, gradients);
        Tensor[] given = _complex
            ? [gradients.LambdaRe, gradients.LambdaIm!, gradients.WeightRe, gradients.WeightIm!]
            : [gradients.LambdaRe, gradients.WeightRe];
        for (var i = 0; i < given.Length; i++) step.Give(i, given[i]);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var lambda = inputs[0];
        Require(lambda.Rank == 2 && lambda.DType.IsFloating(), $"{(_isLog ? "logLambda" : "lambda")} must be (D, N) of floating-point numbers, not {lambda}");
        Require(_length >= 0, $"the length is {_length}; it must not be negative");
        foreach (var input in inputs)
        {
            Require(input.Shape == lambda.Shape && input.DType == lambda.DType, $"one of the parameters is {lambda} but another is {input}; all must be (D, N)");
        }

        return [Tensor.Empty([lambda.Shape[0], _length], lambda.DType, lambda.Device)];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs)
    {
        var tensors = Tensors(inputs);
        switch (inputs[0].DType, _complex)
        {
            case (DType.Float32, false): ImpulseResponseCpu.Forward<float, RealField>(tensors, outputs[0]); break;
            case (DType.Float32, true): ImpulseResponseCpu.Forward<float, ComplexField>(tensors, outputs[0]); break;
            case (_, false): ImpulseResponseCpu.Forward<double, RealField>(tensors, outputs[0]); break;
            default: ImpulseResponseCpu.Forward<double, ComplexField>(tensors, outputs[0]); break;
        }
    }

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => ImpulseResponseCuda.Forward(Tensors(inputs), outputs[0]);

    private void BackwardCpu(ImpulseTensors tensors, Tensor gradient, ImpulseTensors gradients)
    {
        switch (gradient.DType, _complex)
        {
            case (DType.Float32, false): ImpulseResponseBackwardCpu.Run<float, RealField>(tensors, gradient, gradients); break;
            case (DType.Float32, true): ImpulseResponseBackwardCpu.Run<float, ComplexField>(tensors, gradient, gradients); break;
            case (_, false): ImpulseResponseBackwardCpu.Run<double, RealField>(tensors, gradient, gradients); break;
            default: ImpulseResponseBackwardCpu.Run<double, ComplexField>(tensors, gradient, gradients); break;
        }
    }

    private ImpulseTensors Tensors(Tensor[] inputs) => _complex
        ? new(inputs[0], inputs[1], inputs[2], inputs[3], _isLog, _scale)
        : new(inputs[0], null, inputs[1], null, _isLog, _scale);
}

/// <summary>What the kernels read, (D, N) each: λ or its logarithm, and w; imaginary parts only where complex.</summary>
internal sealed record ImpulseTensors(Tensor LambdaRe, Tensor? LambdaIm, Tensor WeightRe, Tensor? WeightIm, bool IsLog, double Scale)
{
    /// <summary>Room for the gradients of all of them.</summary>
    public ImpulseTensors Like() => new(LambdaRe.EmptyLike(), LambdaIm?.EmptyLike(), WeightRe.EmptyLike(), WeightIm?.EmptyLike(), IsLog, Scale);
}
