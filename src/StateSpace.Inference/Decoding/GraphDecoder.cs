using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Inference.Decoding;

/// <summary>
/// A model on a GPU whose state keeps its size: the ordinary forward pass of a step, recorded once and replayed, from a state in one place to the same place.
/// </summary>
internal sealed class GraphDecoder : Decoder
{
    private const int Burst = 16;

    private readonly SequenceModel _model;
    private readonly int _choices;
    private readonly CudaDevice _gpu;
    private readonly Tensor _ids;
    private readonly Tensor _chosen;
    private readonly Tensor _logits;
    private readonly CudaGraph _graph;
    private readonly State _state;
    private State? _before;
    private int[] _first = [];
    private int _steps;
    private long _position;

    private GraphDecoder(SequenceModel model, State state, int choices)
    {
        (_model, _choices, _position, _gpu) = (model, choices, state.Position, CudaDevice.Of(model.Device));
        using (TensorScope.Suspend())
        {
            _ids = Tensor.Zeros([state.Batch, 1], DType.Int32, model.Device);
            _chosen = Tensor.Zeros([Burst, state.Batch, 1], DType.Int32, model.Device);
            _logits = Tensor.Zeros([state.Batch, model.Configuration.Vocabulary], DType.Float32, model.Device);
        }

        // What each step leaves there is what the next one finds, so that layers that can may write it themselves.
        _state = Copy(state, mayBeOverwritten: true);
        try
        {
            // Once without recording, which compiles and loads the kernels; then the state is put back.
            Step();
            _graph = CudaGraph.Capture(_gpu, Step);
            Restore(state);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public override long StateBytes => _state.Bytes;

    public override int LongestBurst => Burst;

    /// <summary>A decoder, or null where a step cannot be recorded: the state grows, or something goes through the host. The state is taken over only where there is one.</summary>
    public static GraphDecoder? TryCreate(SequenceModel model, State state, int choices)
    {
        if (state.Parts.Any(part => part.Value.DType != DType.Float32) || !KeepsItsSize(model)) return null;
        try
        {
            var decoder = new GraphDecoder(model, state, choices);
            state.Dispose();
            return decoder;
        }
        catch (Exception error) when (error is InvalidOperationException or CudaException)
        {
            return null;
        }
    }

    public override void Step(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Begin(ids);
        _graph.Launch();
        _position++;
        LayerDecoder.Read(_logits, logits);
    }

    public override int[] Choose(ReadOnlySpan<int> ids, int steps, bool returns)
    {
        _before?.Dispose();
        _before = returns ? Copy(_state) : null;
        (_first, _steps) = (ids.ToArray(), steps);
        Begin(ids);
        for (var i = 0; i < steps; i++)
        {
            _graph.Launch();
            using var place = _chosen.Alias(_ids.Shape, i * _ids.Count);
            place.CopyFrom(_ids);
        }

        _position += steps;
        return _chosen.ToArray<int>()[..(steps * ids.Length)];
    }

    public override State Release(int unwanted)
    {
        if (unwanted > 0)
        {
            Restore(_before!);
            _position -= unwanted;
            if (unwanted < _steps) Choose(_first, _steps - unwanted, returns: false);
        }

        using (TensorScope.Suspend()) return new(_state.Batch, _position, [.. _state.Parts.Select(part => (part.Name, part.Value.Clone()))]);
    }

    public override void Dispose()
    {
        _graph.Dispose();
        Release();
    }

    private static bool KeepsItsSize(SequenceModel model)
    {
        using var scope = new TensorScope();
        return model.InitialState(1).Parts.All(part => part.Value.Count > 0);
    }

    private static State Copy(State state, bool mayBeOverwritten = false)
    {
        using (TensorScope.Suspend())
        {
            return new(state.Batch, state.Position, [.. state.Parts.Select(part => (part.Name, part.Value.Clone()))]) { MayBeOverwritten = mayBeOverwritten };
        }
    }

    private void Begin(ReadOnlySpan<int> ids)
    {
        using var scope = new TensorScope();
        _ids.CopyFrom(Tensor.From<int>(ids, [ids.Length, 1]));
    }

    private void Restore(State from)
    {
        for (var i = 0; i < from.Parts.Count; i++) _state.Parts[i].Value.CopyFrom(from.Parts[i].Value);
    }

    private void Step()
    {
        using var scope = new TensorScope();
        using var pause = Tape.Pause();
        var output = _model.Forward(_ids, _state, rows: LogitRows.Last);
        _logits.CopyFrom(output.Logits!.Convert(DType.Float32).Reshape(_logits.Shape));
        _ids.CopyFrom(_logits.Slice(1, 0, _choices).ArgMax(1, keep: true).Convert(DType.Int32));
        var parts = output.State.Parts;
        for (var i = 0; i < parts.Count; i++) _state.Parts[i].Value.CopyFrom(parts[i].Value);
    }

    private void Release()
    {
        _ids.Dispose();
        _chosen.Dispose();
        _logits.Dispose();
        _state.Dispose();
        _before?.Dispose();
    }
}
