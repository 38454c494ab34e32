using StateSpace.Training.Checkpointing;

namespace StateSpace.Training.Tests.Checkpointing;

public sealed class AtomicFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ssm-folder-").FullName;

    private string Target => Path.Combine(_root, "last");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_write_replaces_the_whole_content()
    {
        AtomicFolder.Write(Target, path => Put(path, "a", "old"));
        AtomicFolder.Write(Target, path => Put(path, "b", "new"));
        Assert.Equal(["b"], Directory.GetFiles(Target).Select(Path.GetFileName));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_content()
    {
        AtomicFolder.Write(Target, path => Put(path, "a", "old"));
        Assert.Throws<InvalidOperationException>(() => AtomicFolder.Write(Target, path =>
        {
            Put(path, "a", "new");
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(Path.Combine(Target, "a")));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_root));
    }

    [Theory]
    [InlineData(new[] { "last.partial" }, null)]
    [InlineData(new[] { "last", "last.partial" }, "last")]
    [InlineData(new[] { "last", "last.new" }, "last.new")]
    [InlineData(new[] { "last.new" }, "last.new")]
    [InlineData(new[] { "last.new", "last.partial" }, "last.new")]
    [InlineData(new[] { "last" }, "last")]
    [InlineData(new string[0], null)]
    public void Recovery_finds_what_was_whole_whenever_the_process_stopped(string[] left, string? whole)
    {
        foreach (var name in left) Put(Path.Combine(_root, name), "a", name);
        Assert.Equal(whole is not null, AtomicFolder.Recover(Target));
        if (whole is not null) Assert.Equal(whole, File.ReadAllText(Path.Combine(Target, "a")));
        Assert.Equal(whole is null ? [] : [Target], Directory.GetFileSystemEntries(_root));
    }

    private static void Put(string folder, string name, string text)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), text);
    }
}
