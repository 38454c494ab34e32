using System.Text;
using FsCheck;
using FsCheck.Fluent;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Training.Tests.Checkpointing;

public sealed class JournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_read_back_in_order_with_their_ends()
    {
        var path = _folder.File("m.jsonl");
        using (var journal = Journal.Create(path))
        {
            journal.Append("{\"a\":1}\n{\"Δ\":2}\n"u8);
            journal.Append("{}\n"u8);
            Assert.Equal(20, journal.Length);
        }

        using var resumed = Journal.Resume(path, out var records);
        Assert.Equal([new("{\"a\":1}", 8), new("{\"Δ\":2}", 17), new("{}", 20)], records);
        Assert.Equal(20, resumed.Length);
    }

    [Fact]
    public void A_journal_that_is_not_there_starts_empty()
    {
        using var journal = Journal.Resume(_folder.File("m.jsonl"), out var records);
        Assert.Empty(records);
        Assert.Equal(0, journal.Length);
    }

    [Fact]
    public void Creating_empties_what_was_there()
    {
        File.WriteAllText(_folder.File("m.jsonl"), "{}\n");
        Journal.Create(_folder.File("m.jsonl")).Dispose();
        Assert.Equal(0, new FileInfo(_folder.File("m.jsonl")).Length);
    }

    [Fact]
    public void Wherever_the_file_is_cut_resuming_keeps_the_whole_records_and_goes_on_after_them()
    {
        var texts = Gen.Choose(0, 400).Select(seed => new string((char)('a' + (seed % 26)), seed % 97) + (seed % 3 == 0 ? "Δ\\n" : ""));
        var cases =
            from lines in Gen.ListOf(texts)
            from cut in Gen.Choose(0, 10_000)
            select (lines.Select(text => $"{{\"v\":\"{text}\"}}").ToArray(), cut);
        Prop.ForAll(cases.ToArbitrary(), input => ResumesAfterCut(input.Item1, input.cut)).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("{\"a\":1}\n{\"b\":")]
    [InlineData("{\"a\":1}\n{\"b\":2}")]
    [InlineData("{\"a\":1}\n{\"b\":\n")]
    [InlineData("{\"a\":1}\n\0\0\0\0\n")]
    [InlineData("{\"a\":1}\n\0\0\0\0")]
    [InlineData("{\"a\":1}\n\n")]
    [InlineData("{\"a\":1}\n3\n")]
    public void A_cut_or_damaged_last_line_is_removed_from_the_file(string content)
    {
        File.WriteAllText(_folder.File("m.jsonl"), content);
        using (Journal.Resume(_folder.File("m.jsonl"), out var records)) Assert.Equal([new("{\"a\":1}", 8)], records);
        Assert.Equal("{\"a\":1}\n", File.ReadAllText(_folder.File("m.jsonl")));
    }

    [Fact]
    public void A_damaged_line_before_the_last_is_an_error_that_names_it_and_changes_nothing()
    {
        const string Content = "{\"a\":1}\n{\"b\":\n{\"c\":3}\n";
        File.WriteAllText(_folder.File("m.jsonl"), Content);
        var error = Assert.Throws<RunFolderException>(() => Journal.Resume(_folder.File("m.jsonl"), out _));
        Assert.Equal($"{_folder.File("m.jsonl")}: line 2 is damaged; start the run again in another folder", error.Message);
        Assert.Equal(Content, File.ReadAllText(_folder.File("m.jsonl")));
    }

    [Fact]
    public void A_second_writer_is_refused()
    {
        using var first = Journal.Create(_folder.File("m.jsonl"));
        var error = Assert.Throws<RunFolderException>(() => Journal.Resume(_folder.File("m.jsonl"), out _));
        Assert.Equal($"{_folder.File("m.jsonl")}: is in use by another process; wait for it or choose another folder", error.Message);
    }

    [Fact]
    public void Truncating_to_the_end_of_a_record_removes_what_follows()
    {
        File.WriteAllText(_folder.File("m.jsonl"), "{\"a\":1}\n{\"b\":2}\n");
        using (var journal = Journal.Resume(_folder.File("m.jsonl"), out var records))
        {
            journal.TruncateTo(records[0].End);
            journal.Append("{\"c\":3}\n"u8);
        }

        Assert.Equal("{\"a\":1}\n{\"c\":3}\n", File.ReadAllText(_folder.File("m.jsonl")));
    }

    [Fact]
    public void Lines_without_an_end_are_refused()
    {
        using var journal = Journal.Create(_folder.File("m.jsonl"));
        Assert.Throws<ArgumentException>(() => journal.Append("{}"u8));
    }

    [SkippableFact]
    public void A_full_disk_is_named_with_the_space_needed()
    {
        Skip.IfNot(File.Exists("/dev/full"), "there is no device that is always full");
        var path = _folder.File("m.jsonl");
        File.CreateSymbolicLink(path, "/dev/full");
        using var journal = Journal.Resume(path, out _);
        var error = Assert.Throws<RunFolderException>(() => journal.Append("{}\n"u8));
        Assert.True(error.DiskFull);
        Assert.Equal($"{path}: the disk is full; about 1 KiB more are needed there", error.Message);
        Assert.Equal(0, journal.Length);
    }

    private bool ResumesAfterCut(string[] lines, int cutSeed)
    {
        var path = _folder.File("cut.jsonl");
        var whole = string.Concat(lines.Select(line => line + "\n"));
        var bytes = Encoding.UTF8.GetBytes(whole);
        var cut = cutSeed % (bytes.Length + 1);
        File.WriteAllBytes(path, bytes[..cut]);
        int kept;
        using (var journal = Journal.Resume(path, out var records))
        {
            kept = records.Count;
            if (!records.Select(record => record.Json).SequenceEqual(lines.Take(kept))) return false;
            var endOfNext = Encoding.UTF8.GetByteCount(string.Concat(lines.Take(kept + 1).Select(line => line + "\n")));
            if (kept < lines.Length && endOfNext <= cut) return false;
            journal.Append(Encoding.UTF8.GetBytes(string.Concat(lines.Skip(kept).Select(line => line + "\n"))));
        }

        return File.ReadAllBytes(path).SequenceEqual(bytes);
    }
}
