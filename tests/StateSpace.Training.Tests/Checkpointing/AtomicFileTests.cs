using System.Text;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Training.Tests.Checkpointing;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(65_537)]
    public void A_written_file_holds_the_content_and_nothing_lies_beside_it(int length)
    {
        var content = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var path = _folder.File("a.bin");
        File.WriteAllText(path, "older and longer or shorter");
        AtomicFile.WriteBytes(path, content);
        Assert.Equal(content, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Text_is_UTF8_without_a_byte_order_mark()
    {
        AtomicFile.WriteText(_folder.File("a.txt"), "Δ\n");
        Assert.Equal([0xCE, 0x94, 0x0A], File.ReadAllBytes(_folder.File("a.txt")));
    }

    [Fact]
    public void Missing_folders_are_made()
    {
        AtomicFile.WriteText(_folder.File("tables/deep/a.csv"), "x");
        Assert.Equal("x", File.ReadAllText(_folder.File("tables/deep/a.csv")));
    }

    [Fact]
    public void A_write_that_fails_keeps_the_old_content_and_leaves_nothing_beside_it()
    {
        var path = _folder.File("a.txt");
        File.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half of the new"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void What_a_killed_process_left_beside_is_replaced()
    {
        var path = _folder.File("a.txt");
        File.WriteAllText(path + AtomicFile.PartialSuffix, "a longer text that was cut");
        AtomicFile.WriteText(path, "new");
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_folder_in_the_place_of_the_file_is_named()
    {
        Directory.CreateDirectory(_folder.File("a.txt"));
        var error = Assert.Throws<RunFolderException>(() => AtomicFile.WriteText(_folder.File("a.txt"), "x"));
        Assert.Equal($"{_folder.File("a.txt")}: is a folder where a file is to be written; move it away or choose another folder", error.Message);
        Assert.False(error.DiskFull);
    }

    [Fact]
    public void A_file_in_the_place_of_the_folder_is_named()
    {
        File.WriteAllText(_folder.File("run"), "");
        var error = Assert.Throws<RunFolderException>(() => AtomicFile.WriteText(_folder.File("run/tables/a.csv"), "x"));
        Assert.Equal($"{_folder.File("run/tables/a.csv")}: {_folder.File("run")} is a file where a folder is needed; choose another folder", error.Message);
    }

    [SkippableFact]
    public void A_folder_without_write_permission_is_named()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess) throw new SkipException("permissions do not bind this user");
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            var error = Assert.Throws<RunFolderException>(() => AtomicFile.WriteText(_folder.File("a.txt"), "x"));
            Assert.Contains("is not writable for this user", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [SkippableFact]
    public void A_full_disk_keeps_the_old_content_and_says_how_much_is_needed()
    {
        Skip.IfNot(File.Exists("/dev/full"), "there is no device that is always full");
        var path = _folder.File("a.txt");
        File.WriteAllText(path, "old");
        File.CreateSymbolicLink(path + AtomicFile.PartialSuffix, "/dev/full");
        var error = Assert.Throws<RunFolderException>(() => AtomicFile.WriteBytes(path, Encoding.UTF8.GetBytes(new string('x', 3 << 20))));
        Assert.True(error.DiskFull);
        Assert.Equal($"{path}: the disk is full; about 3 MiB more are needed there", error.Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }
}
