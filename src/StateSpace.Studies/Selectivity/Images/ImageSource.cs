using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>Which images, and how many of them; they are read or drawn once, when a job first asks.</summary>
/// <param name="folder">Folder of CIFAR-10, or null for gratings.</param>
/// <param name="side">Side of an image: 32 as published, or 16, by averages of four pixels.</param>
/// <param name="training">Most images to train on.</param>
/// <param name="validation">Most images to watch by.</param>
/// <param name="test">Most images to test on.</param>
internal sealed class ImageSource(string? folder, int side, int training, int validation, int test)
{
    /// <summary>Seed of the gratings: the set is the same for all seeds of the networks.</summary>
    private const ulong Seed = 7;

    private readonly Lazy<ImageSet> _set = new(() => folder is null
        ? GratingImages.Draw(side, training, validation, test, new RandomSource(Seed))
        : Reduce(Cifar10Files.Read(folder), side, training, validation, test));

    /// <summary>Name for ids.</summary>
    public string Name => folder is null ? GratingImages.Name : Cifar10Files.Name;

    /// <summary>Side of an image.</summary>
    public int Side => side;

    /// <summary>Most images to train on.</summary>
    public int Training => training;

    /// <summary>The images.</summary>
    /// <exception cref="StudyInputException">A file is not usable.</exception>
    public ImageSet Set => _set.Value;

    private static ImageSet Reduce(ImageSet set, int side, int training, int validation, int test) => set with
    {
        Training = Reduce(set.Training, side, training),
        Validation = Reduce(set.Validation, side, validation),
        Test = Reduce(set.Test, side, test),
    };

    private static ImageList Reduce(ImageList list, int side, int most)
    {
        var some = list.Count <= most ? list : list.Pick([.. Enumerable.Range(0, most)]);
        return some.Side == side ? some : some.Halved();
    }
}
