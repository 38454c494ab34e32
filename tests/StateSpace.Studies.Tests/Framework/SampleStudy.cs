using System.Globalization;
using System.Text.Json.Nodes;

namespace StateSpace.Studies.Tests.Framework;

/// <summary>
/// A small real computation for tests of everything around studies: power iteration on random positive matrices, one job per
/// size and seed, with every kind of table, chart and claim.
/// </summary>
internal sealed class SampleStudy : IStudy
{
    public const string Name = "sample";

    private static readonly int[] Sizes = [2, 3, 15, 17, 63, 65];

    public StudyDescription Description { get; } = new(
        Name,
        "Power iteration on random positive matrices",
        "How many steps does power iteration take to find the dominant eigenvalue of a random positive matrix, and does the "
            + "rate follow the gap between the two largest eigenvalues?",
        "R. von Mises and H. Pollaczek-Geiringer, \"Praktische Verfahren der Gleichungsauflösung\", ZAMM 9 (1929), 58–77.",
        [
            new("pause-ms", "Least time that a job takes, in milliseconds", "0"),
            new("demand", "Eigenvalue over size that a claim asks for", "0.4"),
            new("fail-job", "Number of a job that throws; none where it is negative", "-1"),
            new("ignore-stop", "Whether jobs ignore the request to stop", "false"),
        ],
        [
            new("quick", "1 seed per size.", "2 s"),
            new("standard", "4 seeds per size.", "9 s"),
        ]);

    public IReadOnlyList<StudyJob> Plan(StudyOptions options)
    {
        var pause = TimeSpan.FromMilliseconds(Number(options, "pause-ms"));
        var failing = (int)Number(options, "fail-job");
        _ = Number(options, "demand");
        var ignoreStop = options.Settings["ignore-stop"] == "true";
        var jobs = new List<StudyJob>();
        foreach (var size in Sizes)
        {
            for (var seed = options.Seed; seed < options.Seed + Seeds(options); seed++)
            {
                var (jobSeed, number) = (seed, jobs.Count);
                jobs.Add(new($"n{size}.seed{seed}", $"matrix {size} × {size}, seed {seed}", 1 + (size / 100.0), context =>
                {
                    Pause(context, pause, ignoreStop);
                    if (number == failing) throw new InvalidOperationException("the matrix\nis singular");
                    return Iterate(size, jobSeed, context);
                }));
            }
        }

        return jobs;
    }

    public StudyConclusion Conclude(StudyOptions options, IReadOnlyDictionary<string, JsonNode> outcomes)
    {
        var demand = Number(options, "demand");
        var rows = new List<IReadOnlyList<Cell>>();
        var claims = new List<Claim>();
        var means = new List<double>();
        foreach (var size in Sizes)
        {
            var seeds = Enumerable.Range(0, Seeds(options)).Select(s => outcomes[$"n{size}.seed{options.Seed + s}"]).ToList();
            var eigenvalue = seeds.Average(node => node["eigenvalue"]!.GetValue<double>());
            var steps = seeds.Average(node => node["steps"]!.GetValue<int>());
            means.Add(eigenvalue);
            rows.Add([size, eigenvalue, eigenvalue / size, Math.Exp(-steps), steps, size < 3 ? double.NaN : 1.0 / size, size % 2 == 0 ? "even" : "odd"]);
            claims.Add(Claim.AtLeast($"eigenvalue.n{size}", $"The dominant eigenvalue of a {size} × {size} matrix is at least {demand} n", "own analysis: Perron-Frobenius <bounds>", demand * size, eigenvalue));
        }

        claims.Add(Claim.Exactly("sizes", "There are six sizes", "own analysis", "6", Sizes.Length.ToString(CultureInfo.InvariantCulture)));
        var first = outcomes[$"n{Sizes[^1]}.seed{options.Seed}"];
        var errors = first["errors"]!.AsArray().Select(node => node!.GetValue<double>()).ToList();
        return new(claims, [Table(rows)], Charts(means, errors), [
            new("Eigenvalues", ["Perron and Frobenius: a positive matrix has a simple largest eigenvalue & a positive vector."], ["eigenvalues"], ["growth"], [.. claims.Take(6).Select(claim => claim.Id)]),
            new("Convergence", ["The error shrinks by |λ₂/λ₁| a step.", "Values that are not positive have no place on a logarithmic axis."], [], ["error", "response", "circle"], []),
        ]);
    }

    private static ResultTable Table(IReadOnlyList<IReadOnlyList<Cell>> rows) => new(
        "eigenvalues", "Dominant eigenvalue by size", ["size n", "eigenvalue", "eigenvalue / n", "e^−steps", "steps", "1/n", "parity, \"in words\""], rows, "Entries uniform in [0, 1); 1/n is left out below 3.");

    private static List<Chart> Charts(List<double> means, List<double> errors)
    {
        double[] sizes = [.. Sizes.Select(size => (double)size)];
        double[] steps = [.. Enumerable.Range(1, errors.Count).Select(step => (double)step)];
        double[] angles = [.. Enumerable.Range(0, 12).Select(i => 2 * Math.PI * i / 12)];
        double[] time = [.. Enumerable.Range(0, 40).Select(t => (double)t)];
        return
        [
            new("growth", "The dominant eigenvalue grows like n/2", new("size n", Logarithmic: true), new("eigenvalue", Logarithmic: true), [
                new("measured", sizes, means, SeriesStyle.LineAndPoints),
                new("n/2", sizes, [.. sizes.Select(size => size / 2)], SeriesStyle.Dashed),
                new("random bits", sizes, [.. sizes.Select(size => 1 + (size / 3))], SeriesStyle.Points),
            ], "Mean over seeds."),
            new("error", "Error of the eigenvalue by step", new("step"), new("|error|", Logarithmic: true), [
                new("n = 65", steps, errors),
                new("half of it", steps, [.. errors.Select(error => error / 2)]),
                new("tenth of it", steps, [.. errors.Select(error => error / 10)]),
            ]),
            new("response", "A damped oscillation", new("time step k"), new("impulse response"), [
                new("0.93^k cos(0.5 k)", time, [.. time.Select(k => Math.Pow(0.93, k) * Math.Cos(0.5 * k))], SeriesStyle.Stems),
            ]),
            new("circle", "Roots of unity, shrunk", new("real part"), new("imaginary part"), [
                new("r = 0.97", [.. angles.Select(a => 0.97 * Math.Cos(a))], [.. angles.Select(a => 0.97 * Math.Sin(a))], SeriesStyle.Points),
                new("r = 0.6", [.. angles.Select(a => 0.6 * Math.Cos(a))], [.. angles.Select(a => 0.6 * Math.Sin(a))], SeriesStyle.Points),
            ], "Eigenvalues lie inside the circle.", UnitCircle: true),
        ];
    }

    private static JobOutcome Iterate(int size, long seed, JobContext context)
    {
        var random = new Random((int)(seed * 1000) + size);
        var matrix = new double[size, size];
        for (var i = 0; i < size; i++)
            for (var j = 0; j < size; j++) matrix[i, j] = random.NextDouble();
        var vector = Enumerable.Repeat(1 / Math.Sqrt(size), size).ToArray();
        var estimates = new List<double>();
        for (var step = 0; step < 60; step++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Report(step / 60.0);
            var product = new double[size];
            for (var i = 0; i < size; i++)
                for (var j = 0; j < size; j++) product[i] += matrix[i, j] * vector[j];
            var norm = Math.Sqrt(product.Sum(x => x * x));
            for (var i = 0; i < size; i++) vector[i] = product[i] / norm;
            estimates.Add(norm);
        }

        var errors = estimates.Select(estimate => Math.Abs(estimate - estimates[^1])).ToList();
        return new(
            new JsonObject
            {
                ["eigenvalue"] = estimates[^1],
                ["steps"] = errors.Count(error => error > 1e-12),
                ["errors"] = new JsonArray([.. errors.Select(error => JsonValue.Create(error))]),
            },
            [.. Enumerable.Range(0, 3).Select(i => new JsonObject { ["step"] = 20 * i, ["estimate"] = estimates[20 * i], ["ratio"] = i == 0 ? double.NaN : 1.0 / i })]);
    }

    private static void Pause(JobContext context, TimeSpan pause, bool ignoreStop)
    {
        if (ignoreStop) Thread.Sleep(pause);
        else if (context.Cancellation.WaitHandle.WaitOne(pause)) context.Cancellation.ThrowIfCancellationRequested();
    }

    private static int Seeds(StudyOptions options) => options.Seeds ?? (options.Preset == "quick" ? 1 : 4);

    private static double Number(StudyOptions options, string setting) =>
        double.TryParse(options.Settings[setting], CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new StudyInputException($"setting {setting} is '{options.Settings[setting]}', it must be a number");
}
