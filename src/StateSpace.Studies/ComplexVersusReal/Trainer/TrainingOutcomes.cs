using System.Text.Json.Nodes;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>The plan's runs with what they gave.</summary>
internal sealed class TrainingOutcomes
{
    private readonly Dictionary<FitSpecification, FitRecord> _records = [];

    public TrainingOutcomes(TrainingPlan plan, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        Plan = plan;
        foreach (var run in plan.All)
        {
            var id = TrainingPlan.JobId(run);
            _records[run] = outcomes.TryGetValue(id, out var node)
                ? FitRecord.FromJson(node)
                : throw new InvalidDataException($"the outcome of job '{id}' is missing; resume the run to compute it");
        }
    }

    public TrainingPlan Plan { get; }

    public FitRecord this[FitSpecification run] => _records[run];

    /// <summary>The run with the smallest error.</summary>
    public FitRecord Best(IEnumerable<FitSpecification> runs) => runs.Select(run => _records[run]).MinBy(record => record.MinLoss)!;

    /// <summary>The run whose smallest error is largest.</summary>
    public FitRecord Worst(IEnumerable<FitSpecification> runs) => runs.Select(run => _records[run]).MaxBy(record => record.MinLoss)!;

    /// <summary>The middle smallest error; the lower of two in the middle.</summary>
    public double Median(IEnumerable<FitSpecification> runs)
    {
        var losses = runs.Select(run => _records[run].MinLoss).Order().ToList();
        return losses[(losses.Count - 1) / 2];
    }
}
