using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;

namespace StateSpace.Cli.Commands;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>The form of everything that <c>--json</c> prints.</summary>
    public static JsonSerializerOptions JsonFormat { get; } = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    /// <summary>The device that computes; <see cref="RequireDevice"/> checks it.</summary>
    public static Option<string> Device() => new("--device") { Description = "Where to compute", HelpName = "cpu|cuda|cuda:N", DefaultValueFactory = _ => "cpu" };

    /// <summary>The device of a <c>--device</c>.</summary>
    /// <exception cref="UsageException">There is no such device, or it cannot be used.</exception>
    public static Device RequireDevice(string? text)
    {
        if (!Tensors.Device.TryParse(text ?? "cpu", out var device)) throw new UsageException($"--device is '{text}', it must be cpu, cuda or cuda:N");
        if (!device.IsCpu && !CudaDevice.TryCreate(device.Index, out _, out var reason)) throw new UsageException($"--device {text}: {reason}");
        return device;
    }

    /// <summary>Accepts these values only; the error is one line.</summary>
    public static Option<string> OneOf(this Option<string> option, params string[] values)
    {
        option.CompletionSources.Add(values);
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !values.Contains(token.Value, StringComparer.Ordinal))
                result.AddError($"{option.Name} is '{token.Value}', it must be one of {string.Join(", ", values)}");
        });
        return option;
    }

    /// <summary>An option for a whole number from <paramref name="minimum"/> on; the error is one line.</summary>
    public static Option<long?> WholeNumber(string name, string description, long minimum, long maximum = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, out var value) && value >= minimum && value <= maximum) return value;
            result.AddError($"{name} is '{result.Tokens[0].Value}', it must be a whole number from {minimum} on");
            return null;
        },
    };
}
