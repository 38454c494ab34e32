using StateSpace.Inference.Sampling;
using StateSpace.Models;
using StateSpace.Tensors;
using StateSpace.Tensors.Memory;

namespace StateSpace.Inference.Tests;

public sealed class TextGeneratorTests
{
    private static readonly SamplingOptions Random = new() { Temperature = 1, Seed = 5 };

    [Theory]
    [InlineData("mamba")]
    [InlineData("mamba2")]
    [InlineData("s4d")]
    [InlineData("h3")]
    [InlineData("transformer")]
    [InlineData("hybrid")]
    public void Greedy_text_is_that_of_reading_everything_at_every_token(string kind)
    {
        using var model = TinyModel.Create(kind);
        var ids = Ids(model, "Some prompt", new() { MaximumTokens = 12, StopsAtEndOfText = false });
        List<int> text = [.. TinyModel.Tokenizer.Encode("Some prompt")];
        foreach (var id in ids)
        {
            using var scope = new TensorScope();
            var logits = model.Forward(Tensor.From<int>([.. text], [1, text.Count]), rows: LogitRows.Last).Logits!.ToArray<float>();
            Assert.Equal(logits.Max(), logits[id], 1e-4f);
            text.Add(id);
        }

        Assert.Equal(12, ids.Count);
    }

    [Fact]
    public void The_same_seed_gives_the_same_text_and_another_seed_another()
    {
        using var model = TinyModel.Create();
        var options = new GenerationOptions { Sampling = Random, MaximumTokens = 30 };
        Assert.Equal(Ids(model, "a", options), Ids(model, "a", options));
        Assert.NotEqual(Ids(model, "a", options), Ids(model, "a", options with { Sampling = Random with { Seed = 6 } }));
    }

    [Fact]
    public void Several_continuations_differ_and_the_first_is_that_which_one_alone_gives()
    {
        using var model = TinyModel.Create();
        var options = new GenerationOptions { Sampling = Random, MaximumTokens = 20, StopsAtEndOfText = false };
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var together = generator.Generate("Once", options with { Count = 3 }).ToLookup(token => token.Sequence, token => token.Id);
        Assert.Equal(3, together.Count);
        Assert.All(together, sequence => Assert.Equal(20, sequence.Count()));
        Assert.Equal(Ids(model, "Once", options), together[0]);
        Assert.NotEqual(together[0], together[1]);
        Assert.NotEqual(together[1], together[2]);
    }

    [Fact]
    public void A_long_prompt_read_in_chunks_continues_like_a_conversation_over_its_halves()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var text = string.Concat(Enumerable.Range(0, 300).Select(i => $"{i} "));
        var options = new GenerationOptions { MaximumTokens = 8, StopsAtEndOfText = false };
        using var conversation = new Conversation();
        Assert.Empty(generator.Generate(text[..700], options with { MaximumTokens = 0 }, conversation));
        Assert.Equal(700, conversation.Length);
        Assert.Equal(Ids(model, text, options), generator.Generate(text[700..], options, conversation).Select(token => token.Id));
    }

    [Fact]
    public void A_stop_string_ends_the_text_before_it_though_several_tokens_make_it()
    {
        using var model = TinyModel.Create();
        var options = new GenerationOptions { Sampling = Random, MaximumTokens = 60, StopsAtEndOfText = false };
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var whole = string.Concat(generator.Generate("x", options).Select(token => token.Text));
        var start = Enumerable.Range(10, whole.Length - 13).First(i => whole.AsSpan(i, 3).IndexOf('\uFFFD') < 0);
        var stop = whole.Substring(start, 3);
        var tokens = generator.Generate("x", options with { Stops = [stop] }).ToList();
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], string.Concat(tokens.Select(token => token.Text)));
        Assert.Equal(FinishReason.Stop, tokens[^1].Finish);
        Assert.All(tokens.SkipLast(1), token => Assert.Null(token.Finish));
    }

    [Fact]
    public void Texts_of_the_tokens_together_are_the_decoded_tokens()
    {
        using var model = TinyModel.Create(seed: 3);
        var tokens = new TextGenerator(model, TinyModel.Tokenizer).Generate("é", new() { Sampling = Random, MaximumTokens = 200, StopsAtEndOfText = false }).ToList();
        Assert.Equal(TinyModel.Tokenizer.Decode([.. tokens.Select(token => token.Id)], skipSpecialTokens: true), string.Concat(tokens.Select(token => token.Text)));
        Assert.Equal(FinishReason.Length, tokens[^1].Finish);
    }

    [Fact]
    public void The_end_of_text_ends_the_text_and_is_no_part_of_it()
    {
        using var model = TinyModel.Create();
        var options = new GenerationOptions { Sampling = Random with { Temperature = 3 }, MaximumTokens = 5000 };
        var tokens = new TextGenerator(model, TinyModel.Tokenizer).Generate("a", options).ToList();
        Assert.Equal(FinishReason.EndOfText, tokens[^1].Finish);
        Assert.Equal(TinyModel.Tokenizer.EndOfText, tokens[^1].Id);
        Assert.Single(tokens, token => token.Id == TinyModel.Tokenizer.EndOfText);
        Assert.DoesNotContain("endoftext", tokens[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_takes_no_new_memory_and_leaves_none_behind()
    {
        using var model = TinyModel.Create();
        var (live, allocations) = (new List<long>(), new List<long>());
        foreach (var token in new TextGenerator(model, TinyModel.Tokenizer).Generate("abc", new() { MaximumTokens = 60, StopsAtEndOfText = false }))
        {
            live.Add(MemoryPool.LiveBytes);
            allocations.Add(MemoryPool.Allocations);
        }

        Assert.Equal(live[5], live[^1]);
        Assert.Equal(allocations[5], allocations[^1]);
    }

    [Fact]
    public void An_empty_prompt_begins_with_the_end_of_text()
    {
        using var model = TinyModel.Create();
        var options = new GenerationOptions { MaximumTokens = 5, StopsAtEndOfText = false };
        Assert.Equal(Ids(model, "<|endoftext|>", options), Ids(model, "", options));
    }

    [Fact]
    public void Nothing_to_continue_is_an_error()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model, new Models.Tokenization.ByteTokenizer(hasEndOfText: false));
        Assert.Contains("nothing to continue", Assert.Throws<ArgumentException>(() => generator.Generate("").ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_refused_before_anything_is_computed()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        Assert.Throws<ArgumentException>(() => generator.Generate("a", new() { Count = 0 }));
        Assert.Throws<ArgumentException>(() => generator.Generate("a", new() { Stops = [""] }));
        Assert.Throws<ArgumentException>(() => generator.Generate("a", new() { MaximumTokens = -1 }));
    }

    private static List<int> Ids(SequenceModel model, string prompt, GenerationOptions options) =>
        [.. new TextGenerator(model, TinyModel.Tokenizer).Generate(prompt, options).Select(token => token.Id)];
}
