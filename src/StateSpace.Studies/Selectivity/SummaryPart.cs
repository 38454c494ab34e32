using System.Text.Json.Nodes;
using StateSpace.Studies.Selectivity.Images;
using StateSpace.Studies.Selectivity.Training;

namespace StateSpace.Studies.Selectivity;

/// <summary>What came out, in a paragraph; the parts behind it have the numbers.</summary>
internal sealed class SummaryPart : IStudyPart
{
    public IReadOnlyList<StudyJob> Plan(StudyOptions options) => [];

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var plan = new SelectivityPlan(options);
        var images = plan.Images();
        double Image(bool isComplex) => images.Where(run => run.IsComplex == isComplex).Average(run => ImageRecord.Of(outcomes, run.Id).Test);
        var induction = plan.Induction().Groups(outcomes);
        double Induction(ScanForm form, Selection selection) => induction.First(group => group.Form == form && group.Selection == selection).Mean();
        double Longer(int modulus, ScanForm form) => plan.Counting(modulus).Groups(outcomes).First(group => group.Form == form).Mean(1);
        var copy = plan.Copy().Groups(outcomes);
        string Both(double complex, double real) => $"complex {TaskTables.Percent(complex)}, real {TaskTables.Percent(real)}";
        var text =
            $"Mean accuracies over the seeds. Copying over a delay: {Both(copy.First(group => group.Form == ScanForm.Complex).Mean(), copy.First(group => group.Form == ScanForm.Real).Mean())}. "
            + $"Induction head with B, C and Δ selective: {Both(Induction(ScanForm.Complex, Selection.All), Induction(ScanForm.Real, Selection.All))}; "
            + $"with nothing selective: {Both(Induction(ScanForm.Complex, Selection.None), Induction(ScanForm.Real, Selection.None))}. "
            + $"Images as sequences ({images[0].Images.Name}): {Both(Image(isComplex: true), Image(isComplex: false))}. "
            + $"Parity at lengths that training did not have: gates in (0, 1) {TaskTables.Percent(Longer(2, ScanForm.Real))}, gates in (−1, 1) {TaskTables.Percent(Longer(2, ScanForm.Signed))}, "
            + $"complex {TaskTables.Percent(Longer(2, ScanForm.Complex))}; counting modulo 3 there: {TaskTables.Percent(Longer(3, ScanForm.Real))}, {TaskTables.Percent(Longer(3, ScanForm.Signed))} "
            + $"and {TaskTables.Percent(Longer(3, ScanForm.Complex))}.";
        return new([], [], [], [new("What came out", [text], [], [], [])]);
    }
}
