using System.Text;
using StateSpace.Training.LanguageModels;
using StateSpace.Training.LanguageModels.Data;

namespace StateSpace.Training.Tests.LanguageModels;

public sealed class TextCorpusTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ssm-corpus-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(999)]
    [InlineData(1000)]
    public void The_last_tenth_of_the_bytes_is_held_out_after_the_last_training_token(int length)
    {
        var text = Enumerable.Range(0, length).Select(i => (byte)(i % 100)).ToArray();
        var corpus = Read(null, File("a", text));
        var held = length / 10;
        Assert.Equal(text[..^held].Select(value => (int)value), corpus.Training.Ids.ToArray());
        Assert.Equal(text[(length - held - 1)..].Select(value => (int)value), corpus.HeldOut.Ids.ToArray());
        Assert.Equal(held, corpus.HeldOutBytes);
    }

    [Fact]
    public void Each_file_is_a_document_and_a_separator_makes_more()
    {
        var a = File("a", "one##two##"u8.ToArray());
        var b = File("b", "three##four"u8.ToArray());
        Assert.Equal([0, 10], Starts(Read(null, a, b).Training));
        Assert.Equal([0, 5, 10, 17], Starts(Read("##", a, b).Training));
    }

    [Fact]
    public void A_document_that_begins_in_the_held_out_text_is_marked_there()
    {
        var corpus = Read("#", File("a", Encoding.ASCII.GetBytes(new string('x', 89) + "#yy#zzzzzzz")));
        Assert.Equal([0], Starts(corpus.Training));
        Assert.Equal([1, 4], Starts(corpus.HeldOut));
    }

    [Fact]
    public void No_character_is_cut_in_two()
    {
        for (var pad = 0; pad < 4; pad++)
        {
            var text = Encoding.UTF8.GetBytes(new string('a', 90 + pad) + string.Concat(Enumerable.Repeat("€", 20)));
            var corpus = Read(null, File("a", text));
            var first = corpus.HeldOut.Ids[1];
            Assert.NotEqual(0x80, first & 0xC0);
            Assert.Equal(text.Length, corpus.Training.Count + corpus.HeldOutBytes);
        }
    }

    [Fact]
    public void What_cannot_be_trained_on_is_one_clear_line()
    {
        var empty = File("empty", []);
        var few = File("few", "0123456789"u8.ToArray());
        Assert.Equal($"{empty}: is empty; give a file with text", Message(() => Read(null, empty)));
        Assert.Equal($"{_folder}/none: there is no such file", Message(() => Read(null, $"{_folder}/none")));
        Assert.Equal($"{_folder}: is a folder; --data takes text files", Message(() => Read(null, _folder)));
        Assert.Contains("10 bytes leave 9 tokens to train on and 1 held out, but a window of 9 tokens needs at least 10 and 1", Message(() => TextCorpus.Read([few], TextTokenizer.Bytes.Encode, null, 9)), StringComparison.Ordinal);
        Assert.Equal(9, TextCorpus.Read([few], TextTokenizer.Bytes.Encode, null, 8).Training.Count);
    }

    private static TextCorpus Read(string? separator, params string[] files) => TextCorpus.Read(files, TextTokenizer.Bytes.Encode, separator, 2);

    private static string Message(Func<object> action) => Assert.Throws<TrainingInputException>(action).Message;

    private static List<int> Starts(TokenText text)
    {
        var flags = new int[text.Count];
        text.MarkStarts(0, flags);
        return [.. Enumerable.Range(0, flags.Length).Where(i => flags[i] == 1)];
    }

    private string File(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }
}
