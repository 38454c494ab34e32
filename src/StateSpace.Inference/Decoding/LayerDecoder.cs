using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Inference.Decoding;

/// <summary>Any model on any device, by its ordinary forward pass.</summary>
internal sealed class LayerDecoder(SequenceModel model, State state) : Decoder
{
    private State? _state = state;

    public override long StateBytes => _state!.Bytes;

    public override void Step(ReadOnlySpan<int> ids, Span<float> logits)
    {
        using var scope = new TensorScope();
        using var pause = Tape.Pause();
        var output = model.Forward(Tensor.From<int>(ids, [ids.Length, 1]).To(model.Device), _state, rows: LogitRows.Last);
        Read(output.Logits!, logits);
        var next = output.State.Keep();
        _state!.Dispose();
        _state = next;
    }

    public override State Release(int unwanted)
    {
        var state = _state!;
        _state = null;
        return state;
    }

    public override void Dispose() => _state?.Dispose();

    /// <summary>Copies logits of any type from any device.</summary>
    internal static void Read(Tensor logits, Span<float> to) => logits.Convert(DType.Float32).To(Device.Cpu).Span<float>().CopyTo(to);
}
