namespace StateSpace.Studies;

/// <summary>The studies that the program offers. A new study is a folder and one line here.</summary>
public static class StudyCatalog
{
    /// <summary>Every study, in the order of the list.</summary>
    public static IReadOnlyList<IStudy> All { get; } =
    [
        new ComplexVersusReal.ComplexVersusRealStudy(),
        new Selectivity.SelectivityStudy(),
        new FormalLanguages.FormalLanguagesStudy(),
        new InContextEstimation.InContextEstimationStudy(),
    ];
}
