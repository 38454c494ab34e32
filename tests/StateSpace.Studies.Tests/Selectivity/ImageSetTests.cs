using StateSpace.Studies.Selectivity.Images;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Tests.Selectivity;

/// <summary>The images: files in CIFAR-10's binary layout, and gratings.</summary>
public sealed class ImageSetTests : IDisposable
{
    private const int ImageBytes = 3073;

    private readonly string _folder = Directory.CreateTempSubdirectory("ssm-images-").FullName;

    [Fact]
    public void Files_of_the_public_layout_give_gray_images_and_a_tenth_for_validation()
    {
        WriteFiles(_folder, count: 4);
        var set = Cifar10Files.Read(_folder);
        Assert.Equal((18, 2, 4), (set.Training.Count, set.Validation.Count, set.Test.Count));
        Assert.All(new[] { set.Training, set.Validation, set.Test }, list => Assert.Equal((32, list.Count * 1024), (list.Side, list.Pixels.Length)));

        // Every image of the training files is in one of the two lists, once: their first pixels are all different.
        var firsts = Firsts(set.Training).Concat(Firsts(set.Validation)).Order().ToList();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => Gray(i, 0)), firsts);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(i % 10, set.Test.Labels[i]);
            for (var at = 0; at < 1024; at++) Assert.Equal(Gray(i, at), set.Test.Pixels[(i * 1024) + at]);
        }
    }

    [Fact]
    public void The_split_is_the_same_at_every_reading()
    {
        WriteFiles(_folder, count: 4);
        Assert.Equal(Cifar10Files.Read(_folder).Validation.Pixels, Cifar10Files.Read(_folder).Validation.Pixels);
    }

    [Fact]
    public void The_files_are_found_in_a_folder_and_in_the_public_folder_within_it()
    {
        Assert.Contains("has no files of CIFAR-10", Message(() => Cifar10Files.Find(_folder)), StringComparison.Ordinal);
        var inner = Directory.CreateDirectory(Path.Combine(_folder, "cifar-10-batches-bin")).FullName;
        WriteFiles(inner, count: 1);
        Assert.Equal(inner, Cifar10Files.Find(_folder));
        Assert.Equal(inner, Cifar10Files.Find(inner));
    }

    [Fact]
    public void A_missing_a_short_an_empty_and_a_foreign_file_are_told_in_one_line()
    {
        WriteFiles(_folder, count: 2);
        var third = Path.Combine(_folder, "data_batch_3.bin");
        var bytes = File.ReadAllBytes(third);
        File.Delete(third);
        Assert.Contains("data_batch_3.bin' of CIFAR-10 cannot be read", Message(), StringComparison.Ordinal);
        File.WriteAllBytes(third, bytes[..^1]);
        Assert.Contains("has 6145 bytes, which are no whole number of images of 3073", Message(), StringComparison.Ordinal);
        File.WriteAllBytes(third, []);
        Assert.Contains("has 0 bytes", Message(), StringComparison.Ordinal);
        bytes[ImageBytes] = 10;
        File.WriteAllBytes(third, bytes);
        Assert.Contains("image 2 has the class 10, not one of 0 … 9", Message(), StringComparison.Ordinal);

        string Message() => ImageSetTests.Message(() => Cifar10Files.Read(_folder));
    }

    [Fact]
    public void A_source_takes_as_many_images_as_it_should_and_halves_their_sides_by_means()
    {
        WriteFiles(_folder, count: 4);
        var whole = new ImageSource(_folder, 32, 100, 100, 3).Set;
        var half = new ImageSource(_folder, 16, 5, 1, 3).Set;
        Assert.Equal((18, 2, 3), (whole.Training.Count, whole.Validation.Count, whole.Test.Count));
        Assert.Equal((5, 1, 3, 16), (half.Training.Count, half.Validation.Count, half.Test.Count, half.Test.Side));
        var (pixels, means) = (whole.Test.Pixels, half.Test.Pixels);
        for (var row = 0; row < 16; row++)
        {
            for (var column = 0; column < 16; column++)
            {
                var at = (1024 * 2) + (64 * row) + (2 * column);
                var mean = (pixels[at] + pixels[at + 1] + pixels[at + 32] + pixels[at + 33]) / 4.0;
                Assert.InRange(means[(256 * 2) + (16 * row) + column], mean - 0.5, mean + 0.5);
            }
        }
    }

    [Fact]
    public void A_study_with_photographs_trains_on_them_and_says_so_in_its_ids()
    {
        WriteFiles(_folder, count: 6);
        var options = new StudyOptions("quick", 0, 1, new Dictionary<string, string> { ["data"] = _folder });
        var jobs = new ImagesPart().Plan(options);
        Assert.Equal(["images.cifar10.real.seed0", "images.cifar10.complex.seed0"], jobs.Select(job => job.Id));
        var outcomes = jobs.ToDictionary(job => job.Id, job => job.Run(new(_ => { }, CancellationToken.None)).Result);
        var conclusion = new ImagesPart().Conclude(options, outcomes);
        ResultCheck.Conclusion("selectivity", conclusion);
        Assert.Contains("CIFAR-10", conclusion.Sections[0].Text[0], StringComparison.Ordinal);
        Assert.All(jobs, job => Assert.Equal(3, ImageRecord.Of(outcomes, job.Id).Losses.Count(double.IsFinite)));
    }

    [Fact]
    public void A_gratings_class_is_the_direction_of_its_strongest_wave()
    {
        const int side = 16;
        var list = GratingImages.Draw(side, 200, 1, 1, new RandomSource(5)).Training;
        var right = 0;
        for (var i = 0; i < list.Count; i++)
        {
            var best = (Power: -1.0, Label: -1);
            for (var label = 0; label < 10; label++)
            {
                for (var frequency = 0.08; frequency <= 0.25; frequency += 0.01)
                {
                    var (re, im) = (0.0, 0.0);
                    for (var at = 0; at < side * side; at++)
                    {
                        var (sin, cos) = Math.SinCos(Math.PI * label / 10);
                        var (s, c) = Math.SinCos(2 * Math.PI * frequency * ((cos * (at % side)) + (sin * (at / side))));
                        var value = list.Pixels[(i * side * side) + at] - 127.5;
                        (re, im) = (re + (value * c), im + (value * s));
                    }

                    if ((re * re) + (im * im) > best.Power) best = ((re * re) + (im * im), label);
                }
            }

            right += best.Label == list.Labels[i] ? 1 : 0;
        }

        Assert.InRange(right / 200.0, 0.97, 1);
        Assert.Equal(10, list.Labels.Distinct().Count());
    }

    [Fact]
    public void The_same_seed_draws_the_same_gratings_and_the_lists_differ()
    {
        ImageSet first = GratingImages.Draw(8, 20, 20, 20, new RandomSource(1)), again = GratingImages.Draw(8, 20, 20, 20, new RandomSource(1));
        Assert.Equal(first.Test.Pixels, again.Test.Pixels);
        Assert.NotEqual(first.Training.Pixels, first.Test.Pixels);
        Assert.NotEqual(first.Training.Pixels, GratingImages.Draw(8, 20, 20, 20, new RandomSource(2)).Training.Pixels);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The six files with <paramref name="count"/> images each; image i of all training files and of the test file has the values of <see cref="Value"/>.</summary>
    private static void WriteFiles(string folder, int count)
    {
        var files = Cifar10Files.TrainingFiles.Append(Cifar10Files.TestFile).ToList();
        for (var file = 0; file < files.Count; file++)
        {
            var bytes = new byte[count * ImageBytes];
            for (var i = 0; i < count; i++)
            {
                var number = file == files.Count - 1 ? i : (file * count) + i;
                bytes[i * ImageBytes] = (byte)(number % 10);
                for (var at = 0; at < 3072; at++) bytes[(i * ImageBytes) + 1 + at] = Value(number, at / 1024, at % 1024);
            }

            File.WriteAllBytes(Path.Combine(folder, files[file]), bytes);
        }
    }

    private static byte Value(int number, int color, int at) => at == 0 ? (byte)(10 * number) : (byte)((31 * number) + (67 * color) + (at * 7));

    /// <summary>L = 0.299 R + 0.587 G + 0.114 B.</summary>
    private static byte Gray(int number, int at) =>
        (byte)Math.Round((0.299 * Value(number, 0, at)) + (0.587 * Value(number, 1, at)) + (0.114 * Value(number, 2, at)));

    private static IEnumerable<byte> Firsts(ImageList list) => Enumerable.Range(0, list.Count).Select(i => list.Pixels[i * 1024]);

    private static string Message(Action action)
    {
        var message = Assert.Throws<StudyInputException>(action).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
