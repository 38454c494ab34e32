using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.MambaDecoding;

namespace StateSpace.Inference.Decoding;

/// <summary>A stack of Mamba layers on a GPU, by kernels that do whole steps.</summary>
internal sealed class FusedDecoder : Decoder
{
    private readonly MambaDecoder _decoder;
    private readonly string[] _names;
    private (Tensor Convolutions, Tensor States)? _before;
    private int[] _first = [];
    private int _steps;
    private long _position;

    public FusedDecoder(MambaDecoder decoder, State state)
    {
        (_decoder, _position) = (decoder, state.Position);
        _names = [.. state.Parts.Select(part => part.Name)];
        for (var i = 0; i < _names.Length; i++)
        {
            using var place = Part(i);
            place.CopyFrom(state.Parts[i].Value);
        }

        state.Dispose();
    }

    public override long StateBytes => _decoder.StateBytes;

    public override int LongestBurst => MambaDecoder.LongestBurst;

    public override void Step(ReadOnlySpan<int> ids, Span<float> logits)
    {
        _decoder.Step(ids, logits);
        _position++;
    }

    public override int[] Choose(ReadOnlySpan<int> ids, int steps, bool returns)
    {
        Forget();
        if (returns) _before = _decoder.Snapshot();
        (_first, _steps) = (ids.ToArray(), steps);
        var chosen = _decoder.Choose(ids, steps);
        _position += steps;
        return chosen;
    }

    public override State Release(int unwanted)
    {
        if (unwanted > 0)
        {
            // The steps are a function of the state: the same again, but fewer.
            _decoder.Restore(_before!.Value);
            _position -= unwanted;
            if (unwanted < _steps) _decoder.Choose(_first, _steps - unwanted);
        }

        using (TensorScope.Suspend())
        {
            return new(_decoder.Batch, _position, [.. _names.Select((name, i) =>
            {
                using var place = Part(i);
                return (name, place.Clone());
            })]);
        }
    }

    public override void Dispose()
    {
        Forget();
        _decoder.Dispose();
    }

    private void Forget()
    {
        _before?.Convolutions.Dispose();
        _before?.States.Dispose();
        _before = null;
    }

    // A model's state has the window and the state of each layer in turn.
    private Tensor Part(int index) => index % 2 == 0 ? _decoder.Convolution(index / 2) : _decoder.State(index / 2);
}
