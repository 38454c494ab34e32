using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Tests.Cuda;

public sealed class NativeLibrarySearchTests : IDisposable
{
    private const string Name = "libssm-no-such-library.so";

    private readonly string _folder = Directory.CreateTempSubdirectory("ssm-libraries").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_searched_is_named_where_nothing_is_found()
    {
        var search = new NativeLibrarySearch("a library", [Name, Name + ".2"], [], []);
        Assert.Equal(0, search.Handle);
        Assert.Equal($"a library was not found: no {Name}, {Name}.2", search.Report);
    }

    [Fact]
    public void A_file_that_is_no_library_is_rejected_with_the_reason()
    {
        var file = Path.Combine(_folder, Name);
        File.WriteAllText(file, "this is no library");
        var search = new NativeLibrarySearch("a library", [Name], [_folder], []);
        Assert.Equal(0, search.Handle);
        Assert.Equal(file, search.Attempts[0].Where);
        Assert.False(string.IsNullOrWhiteSpace(search.Attempts[0].Problem));
        Assert.StartsWith($"a library was not found: no {Name}; rejected {file}: ", search.Report, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', search.Report);
    }

    [Fact]
    public void A_folder_that_was_asked_for_and_is_not_there_is_named()
    {
        var missing = Path.Combine(_folder, "nowhere");
        var search = new NativeLibrarySearch("a library", [Name], [missing], [missing]);
        Assert.Equal($"a library was not found: no {Name}; rejected {missing}: no such folder", search.Report);
    }

    [SkippableFact]
    public void A_library_of_the_wrong_version_is_rejected_and_the_search_goes_on()
    {
        const string C = "libc.so.6";
        Skip.IfNot(OperatingSystem.IsLinux(), "looks for the C library of Linux");
        var seen = 0;
        var search = new NativeLibrarySearch("C", [C, C], [], [], handle => seen++ == 0 ? "it is too new" : null);
        Assert.NotEqual(0, search.Handle);
        Assert.Equal([$"{C}: it is too new", $"{C}: used"], search.Attempts.Select(attempt => attempt.ToString()));
        Assert.EndsWith("libc.so.6", search.Path, StringComparison.Ordinal);
        Assert.True(Path.IsPathRooted(search.Path));
    }
}
