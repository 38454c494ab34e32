namespace StateSpace.Studies.Selectivity.Images;

/// <summary>Grayscale images of one size with their classes, as bytes, row by row.</summary>
/// <param name="Side">Rows, and pixels of a row.</param>
/// <param name="Pixels">Side · Side bytes for each image.</param>
/// <param name="Labels">A class for each image, from 0.</param>
internal sealed record ImageList(int Side, byte[] Pixels, byte[] Labels)
{
    /// <summary>Number of images.</summary>
    public int Count => Labels.Length;

    /// <summary>Pixels of an image.</summary>
    public int Length => Side * Side;

    /// <summary>The images of these numbers, in their order.</summary>
    public ImageList Pick(ReadOnlySpan<int> numbers)
    {
        var (pixels, labels) = (new byte[numbers.Length * Length], new byte[numbers.Length]);
        for (var i = 0; i < numbers.Length; i++)
        {
            Pixels.AsSpan(numbers[i] * Length, Length).CopyTo(pixels.AsSpan(i * Length));
            labels[i] = Labels[numbers[i]];
        }

        return new(Side, pixels, labels);
    }

    /// <summary>Half the side: each pixel the rounded mean of four. The side must be even.</summary>
    public ImageList Halved()
    {
        var side = Side / 2;
        var pixels = new byte[Count * side * side];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (image, row, column) = (i / (side * side), i / side % side, i % side);
            var at = (image * Length) + (2 * row * Side) + (2 * column);
            pixels[i] = (byte)((Pixels[at] + Pixels[at + 1] + Pixels[at + Side] + Pixels[at + Side + 1] + 2) / 4);
        }

        return new(side, pixels, Labels);
    }
}

/// <summary>Images to train on, to watch the training by, and to test on after it.</summary>
/// <param name="Name">Name for ids, lower case.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="Mean">What is taken from a pixel before the network sees it.</param>
/// <param name="Deviation">What it is then divided by.</param>
/// <param name="Training">To train on.</param>
/// <param name="Validation">To watch by; nothing is chosen by them.</param>
/// <param name="Test">To test on, once, after the last step.</param>
internal sealed record ImageSet(string Name, int Classes, float Mean, float Deviation, ImageList Training, ImageList Validation, ImageList Test);
