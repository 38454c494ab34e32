using System.IO.Compression;
using StateSpace.Studies.FormalLanguages;

namespace StateSpace.Studies.Tests.FormalLanguages;

public sealed class PublishedFilesTests
{
    [SkippableTheory]
    [InlineData("tomita-4", 4, 100, 100)]
    [InlineData("d-2", 4, 91.3, 98.1)]
    [InlineData("abd-bc", 7, 96.8, 92.2)]
    public void Lookup_reproduces_the_accuracies_counted_on_the_files(string name, int k, double first, double second)
    {
        using var files = PublishedFiles.Open(PathOrSkip());
        var language = LanguageCatalog.Find(name);
        WindowLookup lookup = new(files.Training(language), k);
        Assert.Equal(first, lookup.StrictAccuracy(files.Test(language, 0)), 0.1);
        Assert.Equal(second, lookup.StrictAccuracy(files.Test(language, 1)), 0.1);
    }

    [SkippableTheory]
    [InlineData("tomita-3")]
    [InlineData("012-02")]
    [InlineData("shuffle-2")]
    [InlineData("anbncn")]
    public void Oracle_gives_the_classes_of_the_files_with_their_quirks(string name)
    {
        using var files = PublishedFiles.Open(PathOrSkip());
        var language = LanguageCatalog.Find(name);
        Assert.All(files.Test(language, 0), word => Assert.Equal(word.Labels, language.Labels(word.Word, published: true)));
        if (language.PublishedLabel is not null) Assert.Contains(files.Test(language, 0), word => !word.Labels.SequenceEqual(language.Labels(word.Word)));
    }

    [Fact]
    public void Lookup_answers_a_context_that_training_lacks_wrongly()
    {
        WindowLookup lookup = new([new("ab", ["x", "y"])], 2);
        Assert.Equal(100, lookup.StrictAccuracy([new("ab", ["x", "y"])]));
        Assert.Equal(0, lookup.StrictAccuracy([new("ba", ["y", "x"])]));
    }

    [Fact]
    public void Labels_that_do_not_fit_their_words_are_refused()
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
            {
                foreach (var (name, text) in new[] { ("train_src.txt", "01\n"), ("train_tgt.txt", "010\n") })
                {
                    using var writer = new StreamWriter(archive.CreateEntry($"Parity/{name}").Open());
                    writer.Write(text);
                }
            }

            using var files = PublishedFiles.Open(path);
            var message = Assert.Throws<StudyInputException>(() => files.Training(LanguageCatalog.Find("parity"))).Message;
            Assert.Equal("Parity: word 1 of train_src.txt has 2 symbols, but its line in train_tgt.txt 3 digits", message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string PathOrSkip()
    {
        var path = PublishedFiles.Find("");
        Skip.If(path is null, $"SSM_DATA names no folder with {PublishedFiles.FileName}");
        return path!;
    }
}
