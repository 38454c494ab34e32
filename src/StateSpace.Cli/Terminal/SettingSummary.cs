using Spectre.Console;
using StateSpace.Training.LanguageModels;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Cli.Terminal;

/// <summary>Presets and settings of <c>ssm train lm</c>.</summary>
internal static class SettingSummary
{
    public static void Write(IAnsiConsole screen)
    {
        screen.MarkupLine("[bold]Presets[/]");
        var presets = Columns();
        foreach (var name in Presets.Names) presets.AddRow(new Text(name), new Text(Presets.Describe(name)));
        screen.Write(presets);
        screen.WriteLine();
        screen.MarkupLineInterpolated($"[bold]Settings[/] (--set name=value, or keys of --config; values of {LanguageModelKinds.Default}, preset {Presets.Default})");
        var settings = Columns();
        var values = Presets.Of(Presets.Default, LanguageModelKinds.Default);
        foreach (var setting in SettingList.All) settings.AddRow(new Text($"{setting.Name}={setting.Read(values)}"), new Text($"{setting.Description}: {setting.Range}"));
        screen.Write(settings);
        screen.WriteLine();
        screen.WriteLine("Further keys of a file: model, preset, seed, data, tokenizer, separator, and architecture, a whole model");
        screen.WriteLine("configuration in place of kind and sizes.");
    }

    private static Grid Columns() => new Grid().AddColumn(new GridColumn().PadLeft(2).PadRight(3).NoWrap()).AddColumn();
}
