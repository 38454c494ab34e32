using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.MambaDecoding;

namespace StateSpace.Inference.Decoding;

/// <summary>Reads the tokens of several sequences, one of each at a time, and holds their state meanwhile.</summary>
internal abstract class Decoder : IDisposable
{
    /// <summary>Memory of the state, in bytes.</summary>
    public abstract long StateBytes { get; }

    /// <summary>Most steps that <see cref="Choose"/> takes at once; 0 where only <see cref="Step"/> is there.</summary>
    public virtual int LongestBurst => 0;

    /// <summary>The fastest decoder for a model on its device.</summary>
    /// <param name="model">The model, frozen as long as the decoder is used.</param>
    /// <param name="state">Where the sequences stand; the decoder takes it over.</param>
    /// <param name="choices">Tokens below this number can be chosen.</param>
    public static Decoder For(SequenceModel model, State state, int choices)
    {
        if (model.Device.IsCpu) return new LayerDecoder(model, state);
        using (var scope = new TensorScope())
        {
            if (model.DecodingWeights() is { } weights && Fused(weights, (int)state.Batch, model.Activations ?? model.DType, choices) is { } decoder)
                return new FusedDecoder(decoder, state);
        }

        return (Decoder?)GraphDecoder.TryCreate(model, state, choices) ?? new LayerDecoder(model, state);
    }

    /// <summary>Reads a token of each sequence.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="logits">Takes the logits behind them, (sequences, vocabulary).</param>
    public abstract void Step(ReadOnlySpan<int> ids, Span<float> logits);

    /// <summary>Reads a token of each sequence, then the most probable ones, and so on.</summary>
    /// <param name="ids">The first tokens.</param>
    /// <param name="steps">How often, at most <see cref="LongestBurst"/>.</param>
    /// <param name="returns">Whether <see cref="Release"/> may be asked to go back behind some of the steps.</param>
    /// <returns>The chosen tokens, step by step, of which the last ones were not read; −1 where no logit was a number.</returns>
    public virtual int[] Choose(ReadOnlySpan<int> ids, int steps, bool returns) => throw new NotSupportedException();

    /// <summary>The state now; the decoder is of no use afterwards. The caller disposes the state.</summary>
    /// <param name="unwanted">Steps at the end of the last <see cref="Choose"/> that shall not have been.</param>
    public abstract State Release(int unwanted);

    public abstract void Dispose();

    // A GPU for which the kernels cannot be built or loaded still decodes, by the model's ordinary operations.
    private static MambaDecoder? Fused(MambaWeights weights, int batch, DType storage, int choices)
    {
        try
        {
            return MambaDecoder.TryCreate(weights, batch, storage, choices);
        }
        catch (CudaException)
        {
            return null;
        }
    }
}
