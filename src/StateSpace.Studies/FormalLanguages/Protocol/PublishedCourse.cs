namespace StateSpace.Studies.FormalLanguages;

/// <summary>How the authors trained on a language's files, and what came out (lacoco-lab/ssm_expressivity: configs, sweeps, main_expt_results.xlsx).</summary>
/// <param name="Language">Name of the language.</param>
/// <param name="Loss">The loss.</param>
/// <param name="Epochs">Epochs.</param>
/// <param name="Batch">Words of a batch.</param>
/// <param name="Rates">Rates of the sweep; constant while training.</param>
/// <param name="Widths">Widths D of the sweep.</param>
/// <param name="Transformer">Strict accuracy by bin of the Transformer that the paper cites (Bhattamishra et al., 2020, partly on other lengths), %.</param>
/// <param name="Mamba">Strict accuracy by bin of Mamba with one, two and three layers, %.</param>
internal sealed record PublishedCourse(
    string Language, ProtocolLoss Loss, int Epochs, int Batch, IReadOnlyList<double> Rates, IReadOnlyList<int> Widths, double[] Transformer, params IReadOnlyList<double[]> Mamba)
{
    private static readonly double[] Two = [1e-3, 1e-4], Three = [1e-3, 3e-4, 1e-4], Slow = [1e-4, 3e-5], Slowest = [3e-5, 1e-5];
    private static readonly int[] All = [64, 16, 128], Large = [64, 128];
    private static readonly double[] Right = [100, 100];

    /// <summary>The suite in its order. The first rate and width of each sweep are those that are trained where only one point is.</summary>
    public static IReadOnlyList<PublishedCourse> Suite { get; } =
    [
        Squares("tomita-1", 50, [1e-4], [64], Right, Right, Right, Right),
        Squares("tomita-2", 100, Two, All, Right, Right, Right, Right),
        Squares("tomita-4", 100, Two, All, [100, 92.4], Right, Right, Right),
        Squares("tomita-7", 100, Two, All, Right, Right, Right, Right),
        Squares("abcde-blocks", 100, Two, All, Right, Right, Right, Right),
        Squares("abd-bc", 50, Two, Large, Right, Right, Right, Right),
        Entropy("012-02", 100, 32, [1e-5], [16], [100, 68.7], Right, Right, Right),
        Squares("d-2", 100, Three, All, [74.6, 3.1], Right, Right, Right),
        Squares("d-3", 100, Two, All, [80.9, 8.5], Right, Right, Right),
        Squares("d-4", 100, Three, All, [90.2, 3.3], Right, Right, Right),
        Squares("d-12", 100, Three, All, [95.18, 1.5], [93.65, 93.35], [99.9, 95.55], [99.99, 99.85]),
        Squares("parity", 50, Two, [64, 16], [68.7, 0], [26.95, 0], [80.05, 4.15], [91.15, 16.7]),
        Squares("aa-star", 50, Two, All, [100, 0], [2.1, 0], [2.1, 0], [4.2, 0]),
        Squares("aaaa-star", 100, Two, All, [100, 0], [0, 0], [0, 0], [4, 0]),
        Squares("abab-star", 100, Two, All, [100, 2.5], [0, 0], [0, 0], [0, 0]),
        Squares("tomita-3", 100, Two, All, [75.4, 10.8], [25.99, 12.49], [36.88, 17.05], [60.85, 29.37]),
        Squares("tomita-5", 100, Two, All, [29.3, 0], [15.94, 0], [34.5, 0], [38.4, 0]),
        Squares("tomita-6", 100, Two, All, [88.8, 0], [7.2, 0], [37.8, 0], [54.56, 0.04]),
        Entropy("dyck-1", 100, 32, Slow, Large, [100, 100, 100], [100, 62.6, 13.91], [100, 49.1, 9.5], [100, 53.95, 10]),
        Entropy("shuffle-2", 100, 32, Slow, Large, [100, 100, 93], [100, 49.5, 2.3], [100, 61.5, 8.2], [100, 65.5, 9.7]),
        Entropy("shuffle-4", 100, 32, Slow, Large, [100, 100, 98.8], [100, 44.4, 4.3], [100, 63.8, 7.2], [100, 56.2, 7.8]),
        Entropy("shuffle-6", 100, 32, Slow, [64, 128, 256], [100, 99.9, 94], [100, 39.4, 3.4], [100, 61.2, 6.75], [100, 59.6, 9.85]),
        Squares("boolean-3", 50, Two, All, [100, 100, 99.8], [99.75, 65.7, 7.05], [99.95, 47.25, 2.3], [100, 73.45, 8.6]),
        Squares("boolean-5", 50, Two, All, [100, 99.8, 99], [99.9, 30.05, 7.6], [100, 80.2, 14.9], [99.25, 60.7, 6.25]),
        Entropy("anbn", 1000, 10, Slowest, [64, 128, 256], [100, 100, 100], [100, 4.1, 0], [100, 9.4, 0], [100, 21.3, 0]),
        Entropy("anbncn", 1000, 10, Slowest, [64, 128, 256], [100, 100, 100], [100, 0, 0], [100, 7.6, 0], [100, 5.1, 0]),
        Entropy("anbncndn", 1000, 10, Slowest, [64, 128, 256], [100, 100, 99.4], [100, 4.76, 0], [100, 0, 0], [100, 0, 0]),
    ];

    private static PublishedCourse Squares(
        string language, int epochs, IReadOnlyList<double> rates, IReadOnlyList<int> widths, double[] transformer, params IReadOnlyList<double[]> mamba) =>
        new(language, ProtocolLoss.Squares, epochs, 32, rates, widths, transformer, mamba);

    private static PublishedCourse Entropy(
        string language, int epochs, int batch, IReadOnlyList<double> rates, IReadOnlyList<int> widths, double[] transformer, params IReadOnlyList<double[]> mamba) =>
        new(language, ProtocolLoss.Entropy, epochs, batch, rates, widths, transformer, mamba);
}

/// <summary>A loss of the published protocol.</summary>
internal enum ProtocolLoss
{
    /// <summary>Mean square against the class as one-hot; what is behind the end of a word is taken for right.</summary>
    Squares,

    /// <summary>Cross entropy; what is behind the end of a word counts as a class of its own.</summary>
    Entropy,
}
