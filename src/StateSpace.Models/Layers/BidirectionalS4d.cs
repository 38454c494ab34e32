using StateSpace.Models.Initialization;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.FftConvolution;

namespace StateSpace.Models.Layers;

/// <summary>
/// S4D read forwards and backwards, for sequences that are there as a whole, such as images: y_t = Σ_{j ≥ 0} k_j u_{t−j} + Σ_{j ≥ 0} k'_j u_{t+1+j} + D̲ u_t
/// (the S4 code base with <c>bidirectional</c>). Both kernels have Δ, A and B in common and a C each.
/// </summary>
/// <remarks>It has no state: each output depends on the whole input. Nonlinearity and output map are the caller's.</remarks>
public sealed class BidirectionalS4d : Module
{
    private readonly Fan _width;
    private readonly DiagonalSystem _system;
    private readonly Parameter _skip;

    /// <summary>Columns of a kernel from the last to the first, (D, L), for the length and device of the last call: a step on a GPU then needs nothing of the host.</summary>
    private Tensor? _backwards;

    /// <summary>A layer.</summary>
    /// <param name="width">Channels D.</param>
    /// <param name="settings">Sizes and kind; without an output map.</param>
    /// <param name="values">Where initial values come from.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or names an output map.</exception>
    public BidirectionalS4d(long width, S4dSettings settings, InitialValues values)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Output != S4dOutput.None) throw new ArgumentException($"BidirectionalS4d has no output map; Output must be None, not {settings.Output}", nameof(settings));
        _width = new(width, AxisGrowth.Width);
        _system = Add("ssm", new DiagonalSystem(_width, settings, values.Of("ssm"), outputs: 2));
        _skip = Add(new Parameter("D", values.Of("D").Normal([width], 1), ParameterRole.Vector(_width, 1)));
    }

    /// <summary>The output.</summary>
    /// <param name="u">(B, L, D).</param>
    /// <returns>y, (B, L, D).</returns>
    /// <exception cref="ShapeException">u has other channels.</exception>
    public Tensor Apply(Tensor u)
    {
        ArgumentNullException.ThrowIfNull(u);
        if (u.Rank != 3 || u.Shape[2] != _width.Size || u.Shape[1] == 0) throw new ShapeException(nameof(BidirectionalS4d), $"u must be (B, L, {_width.Size}) with L at least 1, not {u}");

        // One causal convolution of twice the length: tap L + j is k_j, tap L − 1 − j is k'_j, and outputs are read L steps later.
        var length = u.Shape[1];
        var halves = Kernels(length).Split(0, _width.Size, _width.Size);
        var taps = Tensor.Concatenate(1, Reversed(halves[1]), halves[0]);
        return FftConvolution.Apply(u.Pad(1, 0, length), taps).Slice(1, length, length) + (u * _skip);
    }

    /// <summary>k and below it k', (2D, L).</summary>
    /// <param name="length">L.</param>
    public Tensor Kernels(long length) => _system.Kernel(length);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _backwards?.Dispose();
        base.Dispose();
    }

    private Tensor Reversed(Tensor kernel)
    {
        if (_backwards is null || _backwards.Shape != kernel.Shape || _backwards.Device != kernel.Device)
        {
            _backwards?.Dispose();
            var (rows, length) = (kernel.Shape[0], kernel.Shape[1]);
            var index = new long[rows * length];
            for (var i = 0; i < index.Length; i++) index[i] = length - 1 - (i % length);
            using var suspended = TensorScope.Suspend();
            _backwards = Tensor.From<long>(index, kernel.Shape).To(kernel.Device);
        }

        return kernel.Gather(1, _backwards);
    }
}
