using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using StateSpace.Cli.Bench;
using StateSpace.Cli.Terminal;
using StateSpace.Reporting;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda.Gemm;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm bench</c>.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("CASE") { Description = "Names of cases; all where none is given", HelpName = "CASE", Arity = ArgumentArity.ZeroOrMore };
        names.CompletionSources.Add(_ => BenchRegistry.All.Select(known => new System.CommandLine.Completions.CompletionItem(known.Name)));
        var list = new Option<bool>("--list") { Description = "List the cases without running them" };
        var device = CommonOptions.Device();
        var tf32 = new Option<bool>("--tf32") { Description = "On a GPU, let float32 products run on tensor cores, with operands rounded to 10 bits" };
        var json = CommonOptions.Json("Print the records as JSON and nothing else");
        var command = new ProgramCommand(
            "bench",
            "Time this program's operations on this machine, beside peers where the runtime has one.",
            ("ssm bench", "every case"),
            ("ssm bench --list", "what there is"),
            ("ssm bench scan --device cuda", "on a GPU, beside the published kernels' figures of an H100"),
            ("ssm bench copy --json", "one case, for another program"))
        {
            names, list, device, tf32, json,
        };
        command.SetAction(parse =>
        {
            var (on, given) = (CommonOptions.RequireDevice(parse.GetValue(device)), parse.GetValue(names) ?? []);
            var chosen = Choose(given, on);
            if (parse.GetValue(tf32) && on.IsCpu) throw new UsageException("--tf32 is for a GPU: give --device cuda, or leave it out");
            CudaGemm.AllowTensorFloat32 = parse.GetValue(tf32);
            if (parse.GetValue(list)) List(chosen, parse.GetValue(json));
            else Run(chosen, on, parse.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static IReadOnlyList<BenchCase> Choose(IReadOnlyList<string> names, Device device)
    {
        var known = BenchRegistry.All.Select(bench => bench.Name).ToList();
        if (names.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new UsageException($"there is no bench case '{unknown}'{ClosestName.Hint(unknown, known)}; 'ssm bench --list' lists them");
        var there = BenchRegistry.All.Where(bench => bench.On(device) is not null).ToList();
        if (names.FirstOrDefault(name => !there.Exists(bench => bench.Name == name)) is { } elsewhere)
            throw new UsageException($"'{elsewhere}' does not run on {device}; there are {string.Join(", ", there.Select(bench => bench.Name))}");
        return names.Count == 0 ? there : [.. there.Where(bench => names.Contains(bench.Name))];
    }

    private static void List(IReadOnlyList<BenchCase> cases, bool json)
    {
        if (json)
        {
            Print(cases.Select(bench => new { bench.Name, bench.Description }));
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        foreach (var bench in cases) grid.AddRow(new Markup($"[bold]{Markup.Escape(bench.Name)}[/]"), new Text(bench.Description));
        Screen.Output().Write(grid);
    }

    private static void Run(IReadOnlyList<BenchCase> cases, Device device, bool json)
    {
        using var interruption = new Interruption();
        var records = new List<(string Bench, BenchRecord Record)>();
        foreach (var bench in cases)
        {
            if (!json && Screen.CanDrawProgress) Console.Error.Write($"\r{bench.Name} …");
            foreach (var record in bench.On(device)!(interruption.Token))
            {
                interruption.Token.ThrowIfCancellationRequested();
                records.Add((bench.Name, record));
            }

            if (!json && Screen.CanDrawProgress) Console.Error.Write($"\r{new string(' ', bench.Name.Length + 2)}\r");
        }

        if (json) Print(records.Select(entry => new { Bench = entry.Bench, entry.Record.Case, entry.Record.Metric, entry.Record.Value, entry.Record.Unit, entry.Record.Peer, entry.Record.Ratio, entry.Record.Floor }));
        else Write(records.Select(entry => entry.Record));
    }

    private static void Print<T>(IEnumerable<T> entries) => Console.Out.WriteLine(JsonSerializer.Serialize(entries, CommonOptions.JsonFormat));

    private static void Write(IEnumerable<BenchRecord> records)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("case").AddColumn("metric");
        foreach (var heading in new[] { "value", "peer", "ratio", "of floor" }) table.AddColumn(new TableColumn(heading).RightAligned().NoWrap());
        table.AddColumn("unit");
        foreach (var record in records)
        {
            table.AddRow(
                new Text(record.Case),
                new Text(record.Metric),
                new Text(Number(record.Value)),
                new Text(record.Peer is { } peer ? Number(peer) : ""),
                new Text(record.Ratio is { } ratio ? $"{ratio:0.00}×" : ""),
                new Text(record.Floor is { } floor ? $"{100 * floor:0} %" : ""),
                new Text(record.Unit));
        }

        Screen.Output().Write(table);
    }

    private static string Number(double value) => NumberText.Of(value).ToString();
}
