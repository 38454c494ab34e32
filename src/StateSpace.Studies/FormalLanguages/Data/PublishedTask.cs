namespace StateSpace.Studies.FormalLanguages;

/// <summary>What the published files hold of a language: counts and lengths as counted on the files of lacoco-lab/ssm_expressivity.</summary>
/// <param name="Language">Name in <see cref="LanguageCatalog"/>.</param>
/// <param name="Folder">Its folder in the archive.</param>
/// <param name="Training">Words to train on.</param>
/// <param name="Bins">Words to test on; the first bin has the training lengths.</param>
internal sealed record PublishedTask(string Language, string Folder, WordWindow Training, params IReadOnlyList<WordWindow> Bins)
{
    /// <summary>The tasks of the suite, in its order.</summary>
    public static IReadOnlyList<PublishedTask> All { get; } =
    [
        new("tomita-1", "Tomita-1", new(1000, 1, 100), new(40, 1, 99), new(33, 106, 150)),
        new("tomita-2", "Tomita-2", new(1000, 2, 100), new(22, 2, 98), new(15, 102, 148)),
        new("tomita-4", "Tomita-4", new(10000, 1, 100), new(1926, 1, 100), new(2000, 101, 150)),
        new("tomita-7", "Tomita-7", new(10000, 12, 100), new(1829, 24, 100), new(1896, 101, 150)),
        new("abcde-blocks", "AAStarBBStarCCStarDDStarEEStar", new(10000, 49, 200), new(2000, 118, 200), new(2000, 131, 300)),
        new("abd-bc", "ABStar_D_BCStar", new(10000, 2, 49), new(2000, 3, 49), new(2000, 2, 99)),
        new("012-02", "012Star_0_2Star", new(10000, 2, 49), new(2000, 2, 49), new(2000, 2, 99)),
        new("d-2", "D-2", new(5000, 2, 100), new(1000, 8, 100), new(1000, 102, 200)),
        new("d-3", "D-3", new(10000, 2, 100), new(698, 8, 100), new(2000, 82, 200)),
        new("d-4", "D-4", new(10000, 34, 100), new(2000, 42, 100), new(2000, 90, 200)),
        new("d-12", "D-12", new(10000, 48, 100), new(2000, 52, 100), new(2000, 116, 200)),
        new("parity", "Parity", new(10000, 2, 50), new(2000, 3, 50), new(2000, 51, 100)),
        new("aa-star", "AAStar", new(250, 2, 500), new(47, 2, 496), new(30, 504, 594)),
        new("aaaa-star", "AAAAStar", new(125, 4, 496), new(25, 4, 480), new(16, 504, 592)),
        new("abab-star", "ABABStar", new(125, 4, 496), new(24, 28, 488), new(15, 508, 592)),
        new("tomita-3", "Tomita-3", new(10000, 1, 100), new(1627, 1, 100), new(1818, 101, 150)),
        new("tomita-5", "Tomita-5", new(10000, 2, 100), new(1819, 2, 100), new(2000, 102, 150)),
        new("tomita-6", "Tomita-6", new(10000, 2, 100), new(8689, 2, 100), new(10000, 101, 150)),
        new("dyck-1", "Dyck1", new(10000, 2, 50), new(2000, 2, 50), new(2000, 52, 100), new(2000, 102, 150)),
        new("shuffle-2", "Shuffle2", new(10000, 2, 50), new(2000, 2, 50), new(2000, 52, 100), new(2000, 100, 150)),
        new("shuffle-4", "Shuffle4", new(10000, 2, 100), new(2000, 2, 100), new(2000, 102, 150), new(2000, 150, 200)),
        new("shuffle-6", "Shuffle6", new(10000, 2, 100), new(2000, 2, 100), new(2000, 102, 150), new(2000, 150, 200)),
        new("boolean-3", "Boolean3", new(10000, 2, 50), new(2000, 2, 50), new(2000, 51, 100), new(2000, 100, 150)),
        new("boolean-5", "Boolean5", new(10000, 2, 50), new(2000, 2, 50), new(2000, 51, 100), new(2000, 100, 150)),
        new("anbn", "anbn", new(99, 4, 200), new(41, 6, 200), new(42, 204, 400), new(38, 400, 598)),
        new("anbncn", "anbncn", new(148, 9, 450), new(43, 18, 444), new(39, 453, 897), new(39, 900, 1332)),
        new("anbncndn", "anbncndn", new(195, 16, 800), new(42, 32, 800), new(42, 808, 1560), new(47, 1600, 2396)),
    ];
}

/// <summary>A number of words between two lengths.</summary>
/// <param name="Count">Number of words.</param>
/// <param name="Shortest">Least length.</param>
/// <param name="Longest">Greatest length.</param>
internal readonly record struct WordWindow(int Count, int Shortest, int Longest);
