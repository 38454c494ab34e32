using System.Text.Json.Nodes;
using StateSpace.Tensors;

namespace StateSpace.Studies;

/// <summary>
/// A published experiment as a plan of jobs and a conclusion. Both are pure: the same options give the same plan, the same
/// records the same conclusion, so that an interrupted run resumes to the same bits.
/// </summary>
public interface IStudy
{
    /// <summary>Name, paper and settings, for lists and reports.</summary>
    StudyDescription Description { get; }

    /// <summary>The work, in reading order. Jobs are independent and may run in parallel.</summary>
    /// <exception cref="StudyInputException">A setting's value is not usable.</exception>
    IReadOnlyList<StudyJob> Plan(StudyOptions options);

    /// <summary>Claims, tables, charts and sections from the outcome of every job, by job id.</summary>
    StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes);
}

/// <summary>What a study says of itself.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Title">Heading of its report.</param>
/// <param name="Question">What was asked, in a paragraph.</param>
/// <param name="Paper">Full citation of the work that is re-run.</param>
/// <param name="Settings">Settings beyond preset and seeds.</param>
/// <param name="Presets">What each preset computes and how long it takes.</param>
public sealed record StudyDescription(
    string Name,
    string Title,
    string Question,
    string Paper,
    IReadOnlyList<StudySetting> Settings,
    IReadOnlyList<StudyPreset> Presets)
{
    /// <summary>Whether its trainings can run on a GPU.</summary>
    public bool CanUseGpu { get; init; }
}

/// <summary>A setting given as <c>--set name=value</c>.</summary>
/// <param name="Name">Lower case with hyphens.</param>
/// <param name="Description">One line.</param>
/// <param name="Default">Value where it is not given.</param>
public sealed record StudySetting(string Name, string Description, string Default);

/// <summary>One size of a study.</summary>
/// <param name="Name">quick, standard or paper.</param>
/// <param name="Description">What it computes.</param>
/// <param name="Time">How long that took on two free cores of a desktop processor, or is estimated to take, such as "6 s"; for lists.</param>
public sealed record StudyPreset(string Name, string Description, string Time);

/// <summary>The resolved options of a run; equal options give equal results.</summary>
/// <param name="Preset">quick, standard or paper.</param>
/// <param name="Seed">First seed.</param>
/// <param name="Seeds">Number of seeds, or null for the preset's own number.</param>
/// <param name="Settings">Every setting of the study with its value.</param>
public sealed record StudyOptions(string Preset, long Seed, int? Seeds, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Where the trainings of the study run; what else it computes stays on the CPU.</summary>
    public Device Device { get; init; } = Device.Cpu;
}

/// <summary>Claims, tables, charts and their order.</summary>
/// <param name="Claims">Claims in reading order.</param>
/// <param name="Tables">Tables in reading order.</param>
/// <param name="Charts">Charts in reading order.</param>
/// <param name="Sections">Parts of the report.</param>
public sealed record StudyConclusion(
    IReadOnlyList<Claim> Claims,
    IReadOnlyList<ResultTable> Tables,
    IReadOnlyList<Chart> Charts,
    IReadOnlyList<ReportSection> Sections)
{
    /// <summary>The parts of several conclusions, one after the other.</summary>
    public static StudyConclusion Join(params IEnumerable<StudyConclusion> parts)
    {
        var all = parts.ToList();
        return new(
            [.. all.SelectMany(part => part.Claims)],
            [.. all.SelectMany(part => part.Tables)],
            [.. all.SelectMany(part => part.Charts)],
            [.. all.SelectMany(part => part.Sections)]);
    }
}

/// <summary>A piece of a study that runs by itself.</summary>
/// <param name="Id">Unique in its plan; goes into the journal.</param>
/// <param name="Title">What a person sees while it runs.</param>
/// <param name="Weight">Estimated seconds, for the time left.</param>
/// <param name="Run">The work; must be deterministic, poll the token at least every 0.2 s and report its fraction done.</param>
public sealed record StudyJob(string Id, string Title, double Weight, Func<JobContext, JobOutcome> Run);

/// <summary>What a job is given.</summary>
/// <param name="Report">Takes the fraction done, 0 … 1; cheap.</param>
/// <param name="Cancellation">Set when the run is to stop; the job then throws <see cref="OperationCanceledException"/>.</param>
public sealed record JobContext(Action<double> Report, CancellationToken Cancellation);

/// <summary>What a job gives.</summary>
/// <param name="Result">The record that the conclusion reads.</param>
/// <param name="Metrics">Measurements along the way, such as {"step": …, "loss": …}; each becomes a line of <c>metrics.jsonl</c>.</param>
public sealed record JobOutcome(JsonNode Result, IReadOnlyList<JsonObject> Metrics);

/// <summary>The options or settings of a study are not usable; the message is one line for the person who gave them.</summary>
public sealed class StudyInputException(string message) : Exception(message);
