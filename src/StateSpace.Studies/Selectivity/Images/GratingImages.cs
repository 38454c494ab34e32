using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Images;

/// <summary>
/// Oriented gratings: sine waves of random frequency, phase and contrast in noise, whose direction is the class. A stand-in where no photographs are at
/// hand; what tells the classes apart is which frequencies a row, and the pixels below one another, have.
/// </summary>
internal static class GratingImages
{
    /// <summary>Name for ids.</summary>
    public const string Name = "gratings";

    private const int Classes = 10;

    /// <summary>Lowest and highest frequency, cycles per pixel.</summary>
    private const double Lowest = 0.08, Highest = 0.25;

    /// <summary>Lowest and highest amplitude, and the deviation of the noise, gray levels.</summary>
    private const double Faint = 30, Strong = 90, Noise = 30, Gray = 127.5;

    /// <summary>Draws a set.</summary>
    /// <param name="side">Side of an image.</param>
    /// <param name="training">Images to train on.</param>
    /// <param name="validation">Images to watch by.</param>
    /// <param name="test">Images to test on.</param>
    /// <param name="random">Where they come from.</param>
    public static ImageSet Draw(int side, int training, int validation, int test, RandomSource random) => new(
        Name, Classes, (float)Gray, 64, Draw(side, training, random.Split("training")), Draw(side, validation, random.Split("validation")), Draw(side, test, random.Split("test")));

    private static ImageList Draw(int side, int count, RandomSource random)
    {
        var (pixels, labels, noise) = (new byte[count * side * side], new byte[count], new double[side * side]);
        for (var i = 0; i < count; i++)
        {
            var label = (int)random.NextInteger(Classes);
            double frequency = Between(Lowest, Highest), phase = Between(0, 2 * Math.PI), amplitude = Between(Faint, Strong);
            var (sin, cos) = Math.SinCos(Math.PI * label / Classes);
            random.FillNormal(noise, 0, Noise);
            for (var at = 0; at < noise.Length; at++)
            {
                var along = (cos * (at % side)) + (sin * (at / side));
                var value = Gray + (amplitude * Math.Sin((2 * Math.PI * frequency * along) + phase)) + noise[at];
                pixels[(i * side * side) + at] = (byte)Math.Clamp(Math.Round(value), 0, 255);
            }

            labels[i] = (byte)label;
        }

        return new(side, pixels, labels);

        double Between(double low, double high) => low + ((high - low) * random.NextUniform());
    }
}
