using StateSpace.Tensors.Autograd;

namespace StateSpace.Tensors.Operations.Rotary;

/// <summary>Rotary position embedding (Su et al., 2021, arXiv 2104.09864, eq. 34): products of rotated queries and keys depend on their distance.</summary>
public sealed class Rotary : Operation
{
    private readonly long _start;
    private readonly double _theta;

    /// <summary>Positions where they are given; set by the forward pass.</summary>
    private Tensor? _positions;

    private Rotary(long start, double theta)
    {
        _start = start;
        _theta = theta;
    }

    /// <inheritdoc/>
    public override Saved Saves => Saved.Nothing;

    /// <summary>
    /// Rotates the pair (x_i, x_{i + P/2}) of each head by the angle n θ^(−2i/P) at position n, i = 0 … P/2 − 1: pairs by halves, as in Llama and
    /// GPT-NeoX, where the paper takes neighbours. Angles are computed in double.
    /// </summary>
    /// <param name="x">Queries or keys, (B, L, H, P), P even.</param>
    /// <param name="start">Position of the first step; step t stands at start + t.</param>
    /// <param name="theta">θ, the base of the frequencies, above 0.</param>
    /// <param name="positions">Position of each step, (B, L) of Int32; overrides <paramref name="start"/> where it is not null.</param>
    /// <returns>The rotated vectors, (B, L, H, P).</returns>
    /// <exception cref="ShapeException">Shapes or types do not fit, P is odd, or θ is not a positive number.</exception>
    public static Tensor Apply(Tensor x, long start = 0, double theta = 10000, Tensor? positions = null)
    {
        var rotary = new Rotary(start, theta);
        return positions is null ? rotary.RunOne(x) : rotary.RunOne(x, positions);
    }

    /// <inheritdoc/>
    protected internal override void Backward(GradientStep step)
    {
        var gradient = step.OutputGradient(0);
        var dx = gradient.EmptyLike();
        Rotate(gradient, backwards: true, dx);
        step.Give(0, dx);
    }

    /// <inheritdoc/>
    protected override Tensor[] Prepare(Tensor[] inputs)
    {
        var x = inputs[0];
        Require(x.Rank == 4 && x.DType.IsFloating(), $"x must be (B, L, H, P) of floating-point numbers, not {x}");
        Require(x.Shape[3] % 2 == 0, $"x is {x}; its last size must be even, it holds pairs");
        Require(_theta > 0 && double.IsFinite(_theta), $"theta is {_theta}; it must be positive and finite");
        if (inputs.Length > 1)
        {
            var positions = inputs[1];
            Require(positions.DType == DType.Int32 && positions.Shape == [x.Shape[0], x.Shape[1]], $"x is {x} but positions is {positions}; it must be (B, L) of Int32");
        }

        return [x.EmptyLike()];
    }

    /// <inheritdoc/>
    protected override void ForwardCpu(Tensor[] inputs, Tensor[] outputs) => Forward(inputs, outputs);

    /// <inheritdoc/>
    protected override void ForwardCuda(Tensor[] inputs, Tensor[] outputs) => Forward(inputs, outputs);

    private void Forward(Tensor[] inputs, Tensor[] outputs)
    {
        if (inputs.Length > 1) _positions = Keep(inputs[1]);
        Rotate(inputs[0], backwards: false, outputs[0]);
    }

    private void Rotate(Tensor x, bool backwards, Tensor y)
    {
        if (!x.Device.IsCpu) RotaryCuda.Run(x, _start, _theta, _positions, backwards, y);
        else if (x.DType == DType.Float32) RotaryCpu.Run<float>(x, _start, _theta, _positions, backwards, y);
        else RotaryCpu.Run<double>(x, _start, _theta, _positions, backwards, y);
    }
}
