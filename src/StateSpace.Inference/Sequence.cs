using StateSpace.Inference.Sampling;
using StateSpace.Models.Tokenization;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Inference;

/// <summary>One continuation of a prompt: what was chosen, and the text that it makes.</summary>
internal sealed class Sequence
{
    private readonly ITokenizer _tokenizer;
    private readonly TokenSampler _sampler;
    private readonly RandomSource _random;
    private readonly TokenDecoder _decoder;
    private readonly StopMatcher _stops;
    private readonly HashSet<int> _seen;
    private readonly int? _end;

    public Sequence(int index, GenerationOptions options, ITokenizer tokenizer, IEnumerable<int> prompt)
    {
        (Index, _tokenizer) = (index, tokenizer);
        _sampler = new(options.Sampling);
        _random = new RandomSource(options.Sampling.Seed).Split(index);
        _decoder = new(tokenizer, skipSpecialTokens: true);
        _stops = new(options.Stops);
        _seen = options.Sampling.RepetitionPenalty == 1 ? [] : [.. prompt];
        _end = options.StopsAtEndOfText ? tokenizer.EndOfText : null;
    }

    /// <summary>Which continuation.</summary>
    public int Index { get; }

    public bool IsFinished { get; private set; }

    /// <summary>Chooses the next token.</summary>
    public GeneratedToken Next(ReadOnlySpan<float> logits, bool isLast)
    {
        var id = _sampler.Sample(logits, _seen, _random);
        if (_seen.Count > 0) _seen.Add(id);
        return Take(id, isLast);
    }

    /// <summary>Takes the most probable token, which was found elsewhere; negative where no logit was a number.</summary>
    public GeneratedToken Next(int mostProbable, bool isLast)
    {
        if (mostProbable < 0) throw new ArithmeticException("no logit is a number: the model's weights or its state are damaged");
        return Take(mostProbable, isLast);
    }

    private GeneratedToken Take(int id, bool isLast)
    {
        FinishReason? reason = id == _end ? FinishReason.EndOfText : null;
        var text = reason is null ? _stops.Add(Decode(id)) : "";
        if (_stops.IsStopped) reason = FinishReason.Stop;
        else if (isLast) reason ??= FinishReason.Length;
        if (reason is FinishReason.Length or FinishReason.EndOfText)
        {
            text += _stops.Add(_decoder.Finish());
            if (_stops.IsStopped) reason = FinishReason.Stop;
            else text += _stops.Finish();
        }

        IsFinished = reason is not null;
        return new(Index, id, text, reason);
    }

    private string Decode(int id)
    {
        try
        {
            return _decoder.Add(id);
        }
        catch (ArgumentOutOfRangeException)
        {
            // A vocabulary may have holes; a model seldom, but possibly, chooses one.
            return "";
        }
    }
}
