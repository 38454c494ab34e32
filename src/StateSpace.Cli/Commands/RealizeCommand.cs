using System.CommandLine;
using System.Numerics;
using Spectre.Console;
using StateSpace.Cli.Realize;
using StateSpace.Cli.Terminal;
using StateSpace.Reporting;
using StateSpace.Studies.ComplexVersusReal;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm realize</c>: how many states and how large numbers an impulse response needs.</summary>
internal static class RealizeCommand
{
    private const int PlotWidth = 96;
    private const int LongestListing = 20;

    public static Command Create()
    {
        var target = new Argument<string>("TARGET.csv") { Description = "The impulse response: one number a line, first the response at once; - reads standard input" };
        var epsilon = new Option<double>("--epsilon") { Description = "Error in ℓ1 that a real system may have (lowers its bound)", HelpName = "E" };
        var steps = CommonOptions.WholeNumber("--steps", "Run a system for N steps and print its output", 1);
        var input = new Option<string>("--input") { Description = "Input series for --steps, one number a line; a unit impulse where it is not given", HelpName = "FILE" };
        var system = new Option<string>("--system") { Description = "System that --steps runs", HelpName = "NAME", DefaultValueFactory = _ => "half-spectrum" }
            .OneOf("fourier", "half-spectrum", "cosine-hybrid", "real");
        var output = new Option<string>("--out") { Description = "Folder for realization.json, systems.safetensors and, with --steps, output.csv", HelpName = "DIR" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the files of a realization in --out" };
        var json = CommonOptions.Json("Print the report as JSON and nothing else");
        var command = new ProgramCommand(
            "realize",
            "Turn an impulse response into exact complex and real diagonal state space models, and say how many states and how large numbers it needs.",
            ("ssm realize response.csv", "three complex systems, a real one, and the least that any real one needs"),
            ("seq 1 8 | ssm realize -", "the response 1, 2, …, 8 from standard input"),
            ("ssm realize response.csv --steps 50 --input series.csv", "run a system on a series"),
            ("ssm realize response.csv --out systems", "write the systems as safetensors and JSON"))
        {
            target, epsilon, steps, input, system, output, overwrite, json,
        };
        command.SetAction(parse =>
        {
            using var interruption = new Interruption();
            if (parse.GetValue(input) is not null && parse.GetValue(steps) is null) throw new UsageException("--input goes with --steps, which says how long to run");
            var report = Realizer.Realize(SeriesFile.Read(parse.GetValue(target)!), parse.GetValue(epsilon), interruption.Token);
            var name = parse.GetValue(system)!;
            var ran = parse.GetValue(steps) is { } count ? Run(report, name, Inputs(parse.GetValue(input), (int)count)) : null;
            if (parse.GetValue(output) is { } folder) RealizationFiles.Write(folder, parse.GetValue(overwrite), report, ran, name);
            if (parse.GetValue(json)) Console.Out.WriteLine(RealizationFiles.ToJson(report, ran, name).ToJsonString(CommonOptions.JsonFormat));
            else Write(report, ran, name, parse.GetValue(output));
            return ExitCode.Done;
        });
        return command;
    }

    private static double[] Inputs(string? path, int steps)
    {
        var inputs = new double[steps];
        if (path is null) inputs[0] = 1;
        else SeriesFile.Read(path).Take(steps).ToArray().CopyTo(inputs, 0);
        return inputs;
    }

    private static double[] Run(RealizationReport report, string name, double[] inputs)
    {
        if (name == "real") return report.Real.System.Run(inputs, new double[report.Real.System.States]);
        var system = report.Complex.Single(entry => RealizationFiles.Key(entry.Name) == name).System;
        return system.Run(inputs, new Complex[system.States]);
    }

    private static void Write(RealizationReport report, double[]? ran, string name, string? folder)
    {
        var console = Screen.Output();
        console.WriteLine($"Target: {report.Target.Length} values");
        foreach (var line in ResponsePlot.Lines(report.Target, PlotWidth)) console.WriteLine(line);
        console.Write(Systems(report));
        console.WriteLine(report.Real.ExistsInDouble
            ? $"The real system {(report.Real.ExistsInSingle ? "survives" : "does not survive")} rounding to float32."
            : "The real system does not exist in double precision: rounding its weights destroys the response.");
        console.WriteLine($"Every real system, of any size, needs Σ|C_jB_j| ≥ {Number(report.RealBound.Value)} ({report.RealBound.Method}).");
        console.WriteLine($"With eigenvalues in [0, 1] only: ≥ {Number(report.NonNegativeBound.Value)} ({report.NonNegativeBound.Method}).");
        if (report.Epsilon == 0) console.WriteLine("The bounds hold for the values exactly as given; --epsilon allows an error, such as that of rounded values.");
        if (ran is not null) WriteOutput(console, ran, name);
        if (folder is not null) console.WriteLine($"Written to {folder}");
    }

    private static Table Systems(RealizationReport report)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn("system").NoWrap());
        foreach (var heading in new[] { "states", "‖B‖", "‖C‖", "max|C_jB_j|", "Σ|C_jB_j|", "ℓ1 error", "in float32" })
            table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        foreach (var entry in report.Complex)
        {
            Add(entry.Name, entry.System.States, entry.System.InputNorm, entry.System.OutputNorm, entry.System.MaximumMagnitude, entry.System.TotalMagnitude, entry.Error, entry.ErrorInSingle);
        }

        var real = report.Real.System;
        Add("real, Chebyshev", real.States, real.InputNorm, real.OutputNorm, real.MaximumMagnitude, real.TotalMagnitude, report.Real.Error, report.Real.ErrorInSingle);
        return table;

        void Add(string system, int states, params double[] values) => table.AddRow([system, states.ToString(), .. values.Select(value => value.ToString("0.00e+0"))]);
    }

    private static void WriteOutput(IAnsiConsole console, double[] output, string name)
    {
        console.WriteLine($"Output of {name} over {output.Length} steps:");
        foreach (var line in ResponsePlot.Lines(output, PlotWidth)) console.WriteLine(line);
        foreach (var line in output.Take(LongestListing).Select((value, step) => $"{step,6}  {value:G9}")) console.WriteLine(line);
        if (output.Length > LongestListing) console.WriteLine($"   … and {output.Length - LongestListing} more; --out writes all, --json prints all");
    }

    private static string Number(double value) => NumberText.Of(value).ToString();
}
