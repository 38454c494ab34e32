using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using StateSpace.Cli.Terminal;
using StateSpace.Tensors;
using StateSpace.Tensors.Memory;
using StateSpace.Tensors.Verification;
using StateSpace.Training.Verification;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm verify</c>: the conformance cases, or a model's own checks, on the user's own machine.</summary>
internal static class VerifyCommand
{
    /// <summary>Claims about GPUs alone.</summary>
    private static readonly (string Name, Func<Device, IEnumerable<ConformanceFinding>> Run)[] GpuChecks =
    [
        (BadIndexCheck.Name, BadIndexCheck.Run),
        (ConcurrencyCheck.Name, ConcurrencyCheck.Run),
        (LargeTensorCheck.Name, LargeTensorCheck.Run),
        (OptimizerCheck.Name, OptimizerCheck.Run),
    ];

    public static Command Create()
    {
        var names = new Argument<string[]>("OPERATION|MODEL")
        {
            Description = "Names of operations, all where none is given; or folders of models",
            HelpName = "OPERATION|MODEL",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var device = CommonOptions.Device();
        var quantize = new Option<bool>("--quantize") { Description = "For a model: the perplexity of its weights stored as bf16 and int8 against fp32" };
        var data = new Option<string>("--data") { Description = "Text for --quantize; without it, texts that the model draws itself", HelpName = "FILE" };
        var json = CommonOptions.Json("Print the findings as JSON and nothing else");
        var command = new ProgramCommand(
            "verify",
            "Compare every operation's kernels with their double-precision references on this machine: outputs, gradients, central differences, "
            + "and the same bits for any number of threads. For a model's folder, compare what was recorded beside its weights, and a text at once with the same in chunks, "
            + "token by token and in double precision, layer by layer. Exits with 1 where a check fails.",
            ("ssm verify", "every operation"),
            ("ssm verify RmsNorm MatMul", "two of them"),
            ("ssm verify models/mamba-130m", "a model in Hugging Face's form or this program's own"),
            ("ssm verify models/mamba-130m --quantize", "what bf16 and int8 weights cost it"),
            ("ssm verify --json", "every finding, for another program"))
        {
            names, device, quantize, data, json,
        };
        command.SetAction(parse =>
        {
            var on = CommonOptions.RequireDevice(parse.GetValue(device));

            // What a kernel leaves unwritten is NaN, not what lay there by chance.
            MemoryPool.Poison = true;
            var chosen = parse.GetValue(names) ?? [];
            if (parse.GetValue(data) is not null && !parse.GetValue(quantize)) throw new UsageException("--data goes with --quantize");
            if (parse.GetValue(quantize))
            {
                if (chosen.Length == 0) throw new UsageException("--quantize needs the folder of a model");
                return StorageVerification.Run(chosen, parse.GetValue(data), parse.GetValue(json));
            }

            if (Array.Exists(chosen, ModelVerification.IsFolder)) return ModelVerification.Run(chosen, on, parse.GetValue(json));
            var cases = Choose(chosen);
            if (on.IsCpu && Array.Find(chosen, name => Array.Exists(GpuChecks, check => check.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } forGpus)
                throw new UsageException($"{forGpus} is a check of GPUs: give --device cuda, or leave it out");
            var (findings, missing) = Run(cases, on, quiet: parse.GetValue(json));
            if (!on.IsCpu)
            {
                foreach (var (name, run) in GpuChecks.Where(check => chosen.Length == 0 || chosen.Contains(check.Name, StringComparer.OrdinalIgnoreCase)))
                    findings.AddRange(run(on).Select(finding => (name, finding)));
            }

            if (parse.GetValue(json)) Print(findings);
            else Write(findings, missing);
            return findings.All(entry => entry.Finding.Holds) ? ExitCode.Done : ExitCode.CheckFailed;
        });
        return command;
    }

    private static List<ConformanceCase> Choose(IReadOnlyList<string> names)
    {
        List<string> known = [.. ConformanceCases.All.Select(@case => @case.Operation).Distinct(), .. GpuChecks.Select(check => check.Name)];
        if (names.FirstOrDefault(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } unknown)
            throw new UsageException($"there is no operation '{unknown}'{ClosestName.Hint(unknown, known)}, and no model folder of that name; there are {string.Join(", ", known)}");
        return [.. ConformanceCases.All.Where(@case => names.Count == 0 || names.Contains(@case.Operation, StringComparer.OrdinalIgnoreCase))];
    }

    private static (List<(string Operation, ConformanceFinding Finding)> Findings, IReadOnlyCollection<string> Missing) Run(List<ConformanceCase> cases, Device device, bool quiet)
    {
        using var interruption = new Interruption();
        var findings = new List<(string, ConformanceFinding)>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < cases.Count; i++)
        {
            interruption.Token.ThrowIfCancellationRequested();
            if (!quiet && Screen.CanDrawProgress) Console.Error.Write($"\r{i + 1} of {cases.Count} {cases[i].Operation}".PadRight(60));
            foreach (var dtype in ConformanceRunner.Types(device))
            {
                // An operation or a type without a kernel names itself; it is no failure of another.
                try
                {
                    foreach (var finding in ConformanceRunner.Run(cases[i], dtype, device)) findings.Add((cases[i].Operation, finding));
                }
                catch (MissingKernelException error)
                {
                    missing.Add($"{cases[i].Operation} in {dtype}: {error.Message}");
                }
            }
        }

        if (!quiet && Screen.CanDrawProgress) Console.Error.Write($"\r{new string(' ', 60)}\r");
        return (findings, missing);
    }

    private static void Print(List<(string Operation, ConformanceFinding Finding)> findings) => Console.Out.WriteLine(JsonSerializer.Serialize(
        findings.Select(entry => new
        {
            entry.Operation,
            entry.Finding.Case,
            DType = entry.Finding.DType.ToString(),
            entry.Finding.Part,
            Error = double.IsFinite(entry.Finding.Error) ? entry.Finding.Error : double.MaxValue,
            entry.Finding.Tolerance,
            entry.Finding.Holds,
        }),
        CommonOptions.JsonFormat));

    private static void Write(List<(string Operation, ConformanceFinding Finding)> findings, IReadOnlyCollection<string> missing)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("operation").AddColumn("type");
        foreach (var heading in new[] { "checks", "worst error", "of tolerance", "failed" }) table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        foreach (var group in findings.GroupBy(entry => (entry.Operation, entry.Finding.DType)))
        {
            var worst = group.Where(entry => entry.Finding.Tolerance > 0).MaxBy(entry => entry.Finding.Error / entry.Finding.Tolerance).Finding;
            if (worst is null) continue;
            table.AddRow(
                group.Key.Operation,
                group.Key.DType.ToString(),
                group.Count().ToString(),
                worst.Error.ToString("0.0e+0"),
                $"{100 * worst.Error / worst.Tolerance:0} %",
                group.Count(entry => !entry.Finding.Holds).ToString());
        }

        var output = Screen.Output();
        output.Write(table);
        foreach (var (_, finding) in findings.Where(entry => !entry.Finding.Holds)) output.WriteLine(finding.ToString());
        foreach (var line in missing) output.WriteLine($"not there: {line}");
        output.WriteLine($"{findings.Count(entry => entry.Finding.Holds)} of {findings.Count} checks hold");
    }
}
