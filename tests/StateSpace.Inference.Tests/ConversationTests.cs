using StateSpace.Models.Checkpoints;
using StateSpace.Models.States;

namespace StateSpace.Inference.Tests;

public sealed class ConversationTests : IDisposable
{
    private static readonly GenerationOptions Options = new() { MaximumTokens = 10, StopsAtEndOfText = false };

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"conversation-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("mamba")]
    [InlineData("hybrid")]
    public void A_saved_conversation_goes_on_as_if_it_had_never_been_interrupted(string kind)
    {
        using var model = TinyModel.Create(kind);
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var straight = generator.Generate("Hello", Options with { MaximumTokens = 20 }).Select(token => token.Id).ToList();
        using (var first = new Conversation())
        {
            Assert.Equal(straight.Take(10), generator.Generate("Hello", Options, first).Select(token => token.Id));
            Assert.Equal(15, first.Length);
            first.Save(_path, model);
        }

        using var second = Conversation.Load(_path, model);
        Assert.Equal(15, second.Length);
        Assert.Equal(straight.Skip(10), generator.Generate("", Options, second).Select(token => token.Id));
    }

    [Fact]
    public void Going_on_reads_the_new_text_alone()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        using var conversation = new Conversation();
        Assert.Equal(10, generator.Generate("A long beginning", Options, conversation).Count());
        var generation = generator.Generate("and", Options, conversation);
        Assert.Equal(10, generation.Count());
        Assert.Equal(4, generation.PromptTokens);
    }

    [Fact]
    public void An_enumeration_that_is_left_early_moves_the_conversation_to_where_it_was_left()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        var straight = generator.Generate("Hi", Options).Select(token => token.Id).ToList();
        using var conversation = new Conversation();
        var head = generator.Generate("Hi", Options, conversation).Take(4).Select(token => token.Id).ToList();
        Assert.Equal(straight, head.Concat(generator.Generate("", Options with { MaximumTokens = 6 }, conversation).Select(token => token.Id)));
    }

    [Fact]
    public void A_fork_goes_its_own_way_and_several_continuations_leave_a_conversation_where_it_is()
    {
        using var model = TinyModel.Create();
        var generator = new TextGenerator(model, TinyModel.Tokenizer);
        using var conversation = new Conversation();
        Assert.Equal(10, generator.Generate("Begin", Options, conversation).Count());
        using var fork = conversation.Fork();
        Assert.Equal(20, generator.Generate("", Options with { Count = 2 }, conversation).Count());
        Assert.Equal(15, conversation.Length);
        var straight = generator.Generate("", Options, conversation).Select(token => token.Id).ToList();
        Assert.Equal(straight, generator.Generate("", Options, fork).Select(token => token.Id));
    }

    [Fact]
    public void A_conversation_with_another_model_is_refused()
    {
        using var model = TinyModel.Create(seed: 1);
        using var other = TinyModel.Create(seed: 2);
        using var conversation = new Conversation();
        Assert.Equal(10, new TextGenerator(model, TinyModel.Tokenizer).Generate("a", Options, conversation).Count());
        conversation.Save(_path, model);
        var error = Assert.Throws<CheckpointException>(() => Conversation.Load(_path, other));
        Assert.Equal($"{_path}: holds a conversation with another model; open it with the model that wrote it, or name a new file", error.Message);
    }

    [Fact]
    public void A_file_that_holds_no_conversation_is_refused()
    {
        using var model = TinyModel.Create();
        Assert.Throws<CheckpointException>(() => Conversation.Load(_path, model));
        File.WriteAllText(_path, "no tensors");
        Assert.Throws<CheckpointException>(() => Conversation.Load(_path, model));
        using var state = new State(1, 0);
        state.Save(_path);
        Assert.Contains("holds no conversation", Assert.Throws<CheckpointException>(() => Conversation.Load(_path, model)).Message, StringComparison.Ordinal);
    }
}
