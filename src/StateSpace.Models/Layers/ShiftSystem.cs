using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.FftConvolution;

namespace StateSpace.Models.Layers;

/// <summary>
/// The shift state space model of H3 (Dao, Fu et al., 2022, arXiv 2212.14052, sec. 3.2): N inputs of each channel move along a register, y = C·x +
/// D̲u. It is a convolution of N taps, k_t = Σ_j B_j C_{j+t}.
/// </summary>
/// <remarks>
/// Parameters: <c>b</c> and <c>c</c>, (D, N), and <c>D</c>, (D). <c>c</c> is stored in the order of a convolution's taps: entry j is C_{N−1−j}.
/// </remarks>
internal sealed class ShiftSystem : Module
{
    private readonly Parameter _input;
    private readonly Parameter _output;
    private readonly Parameter _skip;

    /// <param name="channels">D.</param>
    /// <param name="states">N.</param>
    /// <param name="values">Where initial values come from: B = (1, 0, …), C uniform in ±1/√N, D̲ normal.</param>
    public ShiftSystem(Fan channels, int states, InitialValues values)
    {
        var bound = 1 / Math.Sqrt(states);
        var role = new ParameterRole([channels.Growth, AxisGrowth.State], new(states, AxisGrowth.State), new(1, AxisGrowth.Fixed), 0);
        Shape shape = [channels.Size, states];
        _input = Add(new Parameter("b", values.By(shape, i => i % states == 0 ? 1 : 0), role with { DecayMultiplier = 0 }));
        _output = Add(new Parameter("c", values.Of("c").Uniform(shape, -bound, bound), role with { InitialDeviation = bound / Math.Sqrt(3) }));
        _skip = Add(new Parameter("D", values.Of("D").Normal([channels.Size], 1), ParameterRole.Vector(channels, 1)));
    }

    /// <summary>The taps, (D, N); the last meets the current input and carries the skip.</summary>
    public Tensor Taps()
    {
        // With c_j = C_{N−1−j}: tap m = k_{N−1−m} = Σ_j b_j c_{m−j}, a causal convolution along the states.
        var states = _input.Value.Shape[1];
        var taps = FftConvolution.Apply(_input.Value.Transpose().Unsqueeze(0), _output).Squeeze(0).Transpose();
        return taps + _skip.Value.Unsqueeze(-1).Pad(1, states - 1, 0);
    }
}
