using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>
/// CIFAR-10 in its public binary layout (Krizhevsky, 2009; <c>cifar-10-binary.tar.gz</c>): in each file images of 3073 bytes, the class 0 … 9 and then 32 · 32
/// values of red, of green and of blue, row by row. Read as the S4 code base does (<c>src/dataloaders/basic.py</c>): in gray, with a tenth of the training
/// images, by a fixed shuffle, for validation.
/// </summary>
internal static class Cifar10Files
{
    /// <summary>Name for ids.</summary>
    public const string Name = "cifar10";

    /// <summary>The files to train on, in order, and the one to test on.</summary>
    public static readonly IReadOnlyList<string> TrainingFiles = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")];

    /// <summary>The file to test on.</summary>
    public const string TestFile = "test_batch.bin";

    private const string PublicFolder = "cifar-10-batches-bin";
    private const int Classes = 10, Side = 32, Plane = Side * Side, ImageBytes = 1 + (3 * Plane);
    private const int ValidationShare = 10;
    private const ulong SplitSeed = 42;

    /// <summary>
    /// The folder with the files: the one given, or <c>cifar-10-batches-bin</c> in it; where none is given, the same in the folder that SSM_DATA names, or null
    /// where that has none.
    /// </summary>
    /// <exception cref="StudyInputException">A folder is given and has no files of CIFAR-10.</exception>
    public static string? Find(string given)
    {
        var place = given.Length > 0 ? given : Environment.GetEnvironmentVariable("SSM_DATA") ?? "";
        if (place.Length == 0) return null;
        string[] candidates = [place, Path.Combine(place, PublicFolder)];
        var found = Array.Find(candidates, folder => TrainingFiles.Append(TestFile).Any(file => File.Exists(Path.Combine(folder, file))));
        if (found is null && given.Length > 0)
        {
            throw new StudyInputException($"'{given}' has no files of CIFAR-10, neither itself nor in a folder {PublicFolder}; unpack cifar-10-binary.tar.gz there");
        }

        return found;
    }

    /// <summary>Reads the set. A file may have fewer images than the published 10,000.</summary>
    /// <param name="folder">Folder with the six files.</param>
    /// <exception cref="StudyInputException">A file is missing, cut short, or not of this layout.</exception>
    public static ImageSet Read(string folder)
    {
        var training = Join([.. TrainingFiles.Select(file => ReadFile(Path.Combine(folder, file)))]);
        var order = new RandomSource(SplitSeed).Permutation(training.Count);
        var validation = training.Count / ValidationShare;

        // Mean and deviation of the gray levels, as published beside the loader.
        return new(Name, Classes, 122.6f, 61, training.Pick(order.AsSpan(validation)), training.Pick(order.AsSpan(0, validation)), ReadFile(Path.Combine(folder, TestFile)));
    }

    private static ImageList ReadFile(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StudyInputException($"'{path}' of CIFAR-10 cannot be read: {error.Message}");
        }

        if (bytes.Length == 0 || bytes.Length % ImageBytes != 0)
        {
            throw new StudyInputException($"'{path}' has {bytes.Length} bytes, which are no whole number of images of {ImageBytes}; get cifar-10-binary.tar.gz again");
        }

        var count = bytes.Length / ImageBytes;
        var (pixels, labels) = (new byte[count * Plane], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            var image = bytes.AsSpan(i * ImageBytes, ImageBytes);
            if (image[0] >= Classes) throw new StudyInputException($"'{path}': image {i + 1} has the class {image[0]}, not one of 0 … {Classes - 1}; it is not of CIFAR-10's binary layout");
            labels[i] = image[0];
            for (var at = 0; at < Plane; at++) pixels[(i * Plane) + at] = Gray(image[1 + at], image[1 + Plane + at], image[1 + (2 * Plane) + at]);
        }

        return new(Side, pixels, labels);
    }

    /// <summary>ITU-R 601 luma in 16-bit integers, as PIL's "L".</summary>
    private static byte Gray(int red, int green, int blue) => (byte)(((19595 * red) + (38470 * green) + (7471 * blue) + (1 << 15)) >> 16);

    private static ImageList Join(ImageList[] lists) => new(Side, [.. lists.SelectMany(list => list.Pixels)], [.. lists.SelectMany(list => list.Labels)]);
}
