using System.Diagnostics;
using StateSpace.Inference.Decoding;
using StateSpace.Models;
using StateSpace.Models.States;
using StateSpace.Models.Tokenization;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;

namespace StateSpace.Inference;

/// <summary>Continues texts with a language model. Memory does not grow with the text, except for layers of attention without a window. One generation at a time.</summary>
public sealed class TextGenerator
{
    /// <summary>Tokens of a prompt that are read together: enough for the matrix multiply to be bound by arithmetic, few enough for its results to stay small.</summary>
    private const int PromptChunk = 512;

    /// <summary>Tokens that a GPU chooses before the host looks at them: long enough to hide the look, short enough to stream.</summary>
    private const int Burst = 16;

    private readonly SequenceModel _model;
    private readonly ITokenizer _tokenizer;
    private readonly Func<SequenceModel, State, int, Decoder> _decoders;

    /// <summary>A generator.</summary>
    /// <param name="model">The model, in Float32; stays the caller's.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="ArgumentException">The tokenizer has tokens that the model does not know.</exception>
    public TextGenerator(SequenceModel model, ITokenizer tokenizer)
        : this(model, tokenizer, Decoder.For)
    {
    }

    internal TextGenerator(SequenceModel model, ITokenizer tokenizer, Func<SequenceModel, State, int, Decoder> decoders)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (tokenizer.VocabularySize > model.Configuration.Vocabulary)
            throw new ArgumentException($"the tokenizer has {tokenizer.VocabularySize} tokens but the model knows {model.Configuration.Vocabulary}: they do not belong together");
        (_model, _tokenizer, _decoders) = (model, tokenizer, decoders);
    }

    /// <summary>Continues a text.</summary>
    /// <param name="prompt">The text; may be empty where a conversation goes on, or where the tokenizer has an end of text, after which a new text begins.</param>
    /// <param name="options">How; greedily and at most 256 tokens where null.</param>
    /// <param name="conversation">What came before the prompt. A single continuation moves it on, at the latest when the enumeration ends; several leave it where it is.</param>
    /// <returns>The tokens, computed while they are enumerated.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or there is nothing to continue.</exception>
    public Generation Generate(string prompt, GenerationOptions? options = null, Conversation? conversation = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new();
        options.Validate();
        return new(generation => Run(generation, prompt, options, conversation));
    }

    private IEnumerable<GeneratedToken> Run(Generation generation, string prompt, GenerationOptions options, Conversation? conversation)
    {
        var ids = Prompt(prompt, conversation);
        var logits = new float[options.Count * _model.Configuration.Vocabulary];
        var sequences = Enumerable.Range(0, options.Count).Select(i => new Sequence(i, options, _tokenizer, ids)).ToList();
        Decoder? decoder = null;
        var unread = new int[options.Count];
        var isRead = true;
        int[] burst = [];
        var taken = 0;
        var isKept = conversation is not null && options.Count == 1;
        _model.Freeze();
        try
        {
            var clock = Stopwatch.GetTimestamp();
            var read = Read(ids, conversation?.State, options.Count, logits);
            (generation.PromptTokens, generation.PromptTime) = (ids.Length, Stopwatch.GetElapsedTime(clock));
            decoder = _decoders(_model, read, _tokenizer.VocabularySize);
            var longest = options.Sampling.IsGreedy ? Math.Min(Burst, decoder.LongestBurst) : 0;
            generation.StateBytes = decoder.StateBytes;
            for (long n = 0; n < options.MaximumTokens; n++)
            {
                clock = Stopwatch.GetTimestamp();
                if (n > 0)
                {
                    if (longest == 0)
                    {
                        decoder.Step(unread, logits);
                    }
                    else
                    {
                        if (taken == burst.Length) (burst, taken) = (decoder.Choose(unread, (int)Math.Min(longest, options.MaximumTokens - n), isKept), 0);
                        taken += options.Count;
                    }

                    isRead = true;
                    generation.Steps++;
                    generation.StateBytes = decoder.StateBytes;
                }

                isRead = false;
                var chosen = new List<GeneratedToken>(options.Count);
                foreach (var sequence in sequences)
                {
                    if (sequence.IsFinished) continue;
                    var isLast = n == options.MaximumTokens - 1;
                    chosen.Add(taken > 0
                        ? sequence.Next(burst[taken - options.Count + sequence.Index], isLast)
                        : sequence.Next(logits.AsSpan(sequence.Index * (int)_model.Configuration.Vocabulary, _tokenizer.VocabularySize), isLast));
                    unread[sequence.Index] = chosen[^1].Id;
                }

                if (n > 0) generation.StepTime += Stopwatch.GetElapsedTime(clock);
                foreach (var token in chosen) yield return token;
                if (sequences.TrueForAll(sequence => sequence.IsFinished)) break;
            }
        }
        finally
        {
            // Going back within a burst needs the model's weights as they were.
            if (decoder is not null && isKept) conversation!.MoveTo(decoder.Release((burst.Length - taken) / options.Count), isRead ? [] : [unread[0]]);
            decoder?.Dispose();
            _model.Thaw();
        }
    }

    private int[] Prompt(string prompt, Conversation? conversation)
    {
        int[] ids = [.. conversation?.Unread ?? [], .. _tokenizer.Encode(prompt, addSpecialTokens: conversation is null or { Length: 0 })];
        if (ids.Length > 0) return ids;
        if (_tokenizer.EndOfText is not { } end) throw new ArgumentException("there is nothing to continue: the prompt is empty and the tokenizer has no end of text with which to begin");
        return [end];
    }

    /// <summary>Reads the prompt in chunks. The given state is not changed.</summary>
    private State Read(int[] ids, State? before, int count, Span<float> logits)
    {
        State? state = null;
        for (var start = 0; start < ids.Length; start += PromptChunk)
        {
            using var scope = new TensorScope();
            using var pause = Tape.Pause();
            var length = Math.Min(PromptChunk, ids.Length - start);
            var isLast = start + length == ids.Length;
            var output = _model.Forward(Tensor.From<int>(ids.AsSpan(start, length), [1, length]).To(_model.Device), (state ?? before)?.To(_model.Device), rows: isLast ? LogitRows.Last : LogitRows.None);
            if (isLast)
            {
                var row = logits[..(int)_model.Configuration.Vocabulary];
                LayerDecoder.Read(output.Logits!, row);
                for (var i = 1; i < count; i++) row.CopyTo(logits[(i * row.Length)..]);
            }

            var next = (isLast && count > 1 ? output.State.Repeat(count) : output.State).Keep();
            state?.Dispose();
            state = next;
        }

        return state!;
    }
}
