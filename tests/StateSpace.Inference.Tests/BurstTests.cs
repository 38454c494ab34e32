using StateSpace.Inference.Decoding;
using StateSpace.Inference.Sampling;
using StateSpace.Models;
using StateSpace.Models.States;

namespace StateSpace.Inference.Tests;

/// <summary>Generation by a decoder that chooses several tokens before the host looks at them, as those of a GPU do, against generation token by token.</summary>
public sealed class BurstTests
{
    private static readonly GenerationOptions Greedy = new() { MaximumTokens = 40, StopsAtEndOfText = false };

    [Theory]
    [InlineData("mamba")]
    [InlineData("transformer")]
    public void Bursts_give_the_same_tokens_and_leave_the_same_conversation(string kind)
    {
        using var model = TinyModel.Create(kind);
        var (one, many) = (Run(model, Greedy, burst: 0), Run(model, Greedy, burst: 7));
        Assert.Equal(one.First, many.First);
        Assert.Equal(one.Second, many.Second);
        Assert.Equal(one.Length, many.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(15)]
    public void A_caller_who_stops_within_a_burst_leaves_the_conversation_behind_what_it_saw(int tokens)
    {
        using var model = TinyModel.Create();
        var (one, many) = (Run(model, Greedy, burst: 0, tokens), Run(model, Greedy, burst: 7, tokens));
        Assert.Equal(tokens, many.First.Count);
        Assert.Equal(one, many, (left, right) => left.First.SequenceEqual(right.First) && left.Second.SequenceEqual(right.Second) && left.Length == right.Length);
    }

    [Fact]
    public void A_stop_text_within_a_burst_ends_the_text_there()
    {
        using var model = TinyModel.Create();
        using var plain = new Conversation();
        var text = string.Concat(new TextGenerator(model, TinyModel.Tokenizer).Generate("Some prompt", Greedy, plain).Select(token => token.Text));
        var stop = text[3..6];
        var (one, many) = (Run(model, Greedy with { Stops = [stop] }, burst: 0), Run(model, Greedy with { Stops = [stop] }, burst: 7));
        Assert.Equal(one.First, many.First);
        Assert.Equal(one.Second, many.Second);
    }

    [Fact]
    public void Several_continuations_come_in_bursts_too()
    {
        using var model = TinyModel.Create();
        var expected = new TextGenerator(model, TinyModel.Tokenizer).Generate("Once", Greedy with { Count = 3 }).Select(token => (token.Sequence, token.Id)).ToList();
        var actual = new TextGenerator(model, TinyModel.Tokenizer, (m, state, _) => new BurstDecoder(m, state, 7)).Generate("Once", Greedy with { Count = 3 });
        Assert.Equal(expected, actual.Select(token => (token.Sequence, token.Id)));
    }

    [Fact]
    public void What_is_not_greedy_goes_token_by_token()
    {
        using var model = TinyModel.Create();
        var options = Greedy with { Sampling = new SamplingOptions { Temperature = 1, Seed = 3 } };
        var (one, many) = (Run(model, options, burst: 0), Run(model, options, burst: 7));
        Assert.Equal(one.First, many.First);
        Assert.Equal(one.Second, many.Second);
    }

    private static (List<int> First, List<int> Second, long Length) Run(SequenceModel model, GenerationOptions options, int burst, int take = int.MaxValue)
    {
        var generator = new TextGenerator(model, TinyModel.Tokenizer, (m, state, _) => burst == 0 ? new LayerDecoder(m, state) : new BurstDecoder(m, state, burst));
        using var conversation = new Conversation();
        var first = generator.Generate("Some prompt", options, conversation).Take(take).Select(token => token.Id).ToList();
        var length = conversation.Length;
        var second = generator.Generate(" and more", options, conversation).Select(token => token.Id).ToList();
        return (first, second, length);
    }

    /// <summary>The ordinary forward pass in the guise of a GPU's decoder.</summary>
    private sealed class BurstDecoder(SequenceModel model, State state, int longest) : Decoder
    {
        private readonly List<State> _before = [];
        private LayerDecoder _decoder = new(model, state);

        public override long StateBytes => _decoder.StateBytes;

        public override int LongestBurst => longest;

        public override void Step(ReadOnlySpan<int> ids, Span<float> logits) => _decoder.Step(ids, logits);

        public override int[] Choose(ReadOnlySpan<int> ids, int steps, bool returns)
        {
            Forget();
            List<int> chosen = [];
            var logits = new float[ids.Length * model.Configuration.Vocabulary];
            for (var step = 0; step < steps; step++)
            {
                // What was read is not changed by reading on.
                var now = _decoder.Release(0);
                if (returns) _before.Add(now.Keep());
                _decoder = new(model, now);
                _decoder.Step(step == 0 ? ids : chosen[^ids.Length..].ToArray(), logits);
                chosen.AddRange(logits.Chunk((int)model.Configuration.Vocabulary).Select(row => Array.IndexOf(row[..TinyModel.Tokenizer.VocabularySize], row[..TinyModel.Tokenizer.VocabularySize].Max())));
            }

            return [.. chosen];
        }

        public override State Release(int unwanted) => unwanted == 0 ? _decoder.Release(0) : _before[^unwanted].Keep();

        public override void Dispose()
        {
            Forget();
            _decoder.Dispose();
        }

        private void Forget()
        {
            _before.ForEach(state => state.Dispose());
            _before.Clear();
        }
    }
}
