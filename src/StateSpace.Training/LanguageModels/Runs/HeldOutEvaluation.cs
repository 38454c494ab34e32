using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Tensors.Operations.CrossEntropy;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>Mean cross-entropy of a model on held-out text, which several readers share: each has a part of it, side by side in a batch.</summary>
internal sealed class HeldOutEvaluation
{
    /// <summary>Target that counts neither in the sum nor in the mean.</summary>
    private const int Ignored = -100;

    private readonly TokenText _text;
    private readonly int _readers;
    private readonly int _length;
    private readonly int _stride;
    private readonly EvaluationMode _mode;

    public HeldOutEvaluation(TokenText text, int batch, int length, EvaluationMode mode)
    {
        (_text, _length, _mode) = (text, length, mode);
        _readers = (int)Math.Clamp((text.Count - 1) / length, 1, batch);
        _stride = mode == EvaluationMode.Carried ? length : Math.Max(1, length / 2);
    }

    /// <summary>Reads about so many tokens from the beginning of every reader's part, or all where there are fewer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Tokens to predict.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>Mean in nats per token, and tokens that were predicted.</returns>
    public (double Loss, long Tokens) Run(SequenceModel model, long tokens, CancellationToken cancellation)
    {
        using var pause = Tape.Pause();
        var windows = Math.Min(Windows(End(0) - Start(0) + 1), Windows(Math.Max(1, tokens / _readers)));
        var (sum, count) = (0.0, 0L);
        State? state = null;
        try
        {
            for (var window = 0L; window < windows; window++)
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                var (batch, predicted) = Take(window);
                if (predicted == 0) break;
                batch = batch.To(model.Device);
                var output = model.Forward(batch.Ids, state, batch.Resets);
                sum += CrossEntropy.Apply(output.Logits!, batch.Targets, Ignored).Item() * predicted;
                count += predicted;
                if (_mode != EvaluationMode.Carried) continue;
                var kept = output.State.Keep();
                state?.Dispose();
                state = kept;
            }
        }
        finally
        {
            state?.Dispose();
        }

        return (sum / count, count);
    }

    /// <summary>Windows in which a reader predicts so many tokens.</summary>
    private long Windows(long tokens) => 1 + ((Math.Max(0, tokens - _length) + _stride - 1) / _stride);

    private long Start(int reader) => (long)reader * (_text.Count - 1) / _readers;

    private long End(int reader) => Start(reader + 1);

    /// <summary>A window of every reader; what a window before it counted, and what lies behind a reader's part, is ignored.</summary>
    private (TokenBatch Batch, long Predicted) Take(long window)
    {
        Tensor ids = Tensor.Zeros([_readers, _length], DType.Int32), targets = ids.EmptyLike();
        targets.Fill(Ignored);
        var (flags, predicted) = (new int[_readers * _length], 0L);
        for (var reader = 0; reader < _readers; reader++)
        {
            var begin = Start(reader) + (window * _stride);
            var length = (int)Math.Clamp(End(reader) - begin, 0, _length);
            if (length == 0) continue;
            var row = reader * _length;
            _text.Ids.Slice((int)begin, length).CopyTo(ids.Span<int>()[row..]);
            _text.MarkStarts((int)begin, flags.AsSpan(row, length));
            var counted = window == 0 ? 0 : _length - _stride;
            if (counted >= length) continue;
            _text.Ids.Slice((int)begin + 1 + counted, length - counted).CopyTo(targets.Span<int>()[(row + counted)..]);
            predicted += length - counted;
        }

        return (new(ids, targets, Array.IndexOf(flags, 1) >= 0 ? Tensor.From<int>(flags, [_readers, _length]) : null), predicted);
    }
}
