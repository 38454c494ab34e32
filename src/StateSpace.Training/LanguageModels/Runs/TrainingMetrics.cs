using System.Buffers;
using System.Text.Json;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Training.LanguageModels.Runs;

/// <summary>A step as <c>metrics.jsonl</c> has it.</summary>
/// <param name="Step">Steps made, this one included.</param>
/// <param name="Loss">Mean cross-entropy of its tokens, nats per token, before the update.</param>
/// <param name="Rate">Learning rate.</param>
/// <param name="Norm">Norm of the gradient before clipping; not finite where the step was left out.</param>
public readonly record struct StepMetric(long Step, double Loss, double Rate, double Norm);

/// <summary>An evaluation on held-out text as <c>metrics.jsonl</c> has it.</summary>
/// <param name="Step">Steps made before it.</param>
/// <param name="Checkpoint">Which weights: <c>last</c>, or <c>best</c> where the best ones were read back at the end.</param>
/// <param name="IsWhole">Whether all of the held-out text was read.</param>
/// <param name="Tokens">Tokens that were predicted.</param>
/// <param name="Loss">Mean cross-entropy, nats per token.</param>
/// <param name="NatsPerByte">The same per byte of text.</param>
public readonly record struct EvaluationMetric(long Step, string Checkpoint, bool IsWhole, long Tokens, double Loss, double NatsPerByte)
{
    /// <summary>Bits per byte of text.</summary>
    public double BitsPerByte => NatsPerByte / Math.Log(2);
}

/// <summary>Everything that was measured in a run.</summary>
/// <param name="Steps">Steps in order.</param>
/// <param name="Evaluations">Evaluations in order.</param>
public sealed record TrainingMetrics(IReadOnlyList<StepMetric> Steps, IReadOnlyList<EvaluationMetric> Evaluations)
{
    private const string StepKey = "step";
    private const string LossKey = "loss";
    private const string RateKey = "rate";
    private const string NormKey = "norm";
    private const string HeldOutKey = "held_out_loss";
    private const string CheckpointKey = "checkpoint";
    private const string WholeKey = "whole";
    private const string TokensKey = "tokens";
    private const string NatsKey = "nats_per_byte";
    private const string BitsKey = "bits_per_byte";

    /// <summary>The line of a step.</summary>
    internal static void Write(IBufferWriter<byte> output, in StepMetric metric)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber(StepKey, metric.Step);
            WriteNumber(json, LossKey, metric.Loss);
            WriteNumber(json, RateKey, metric.Rate);
            WriteNumber(json, NormKey, metric.Norm);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>The line of an evaluation.</summary>
    internal static void Write(IBufferWriter<byte> output, in EvaluationMetric metric)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber(StepKey, metric.Step);
            json.WriteString(CheckpointKey, metric.Checkpoint);
            json.WriteBoolean(WholeKey, metric.IsWhole);
            json.WriteNumber(TokensKey, metric.Tokens);
            WriteNumber(json, HeldOutKey, metric.Loss);
            WriteNumber(json, NatsKey, metric.NatsPerByte);
            WriteNumber(json, BitsKey, metric.BitsPerByte);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>What the lines of a journal say.</summary>
    /// <param name="path">The journal, to name in an error.</param>
    /// <param name="records">Its lines.</param>
    /// <exception cref="RunFolderException">A line is neither a step nor an evaluation.</exception>
    internal static TrainingMetrics Parse(string path, IEnumerable<JournalRecord> records)
    {
        var (steps, evaluations, line) = (new List<StepMetric>(), new List<EvaluationMetric>(), 0);
        foreach (var record in records)
        {
            line++;
            try
            {
                using var document = JsonDocument.Parse(record.Json);
                var root = document.RootElement;
                var step = root.GetProperty(StepKey).GetInt64();
                if (root.TryGetProperty(HeldOutKey, out var heldOut))
                {
                    evaluations.Add(new(
                        step,
                        root.GetProperty(CheckpointKey).GetString()!,
                        root.GetProperty(WholeKey).GetBoolean(),
                        root.GetProperty(TokensKey).GetInt64(),
                        Number(heldOut),
                        Number(root.GetProperty(NatsKey))));
                }
                else
                {
                    steps.Add(new(step, Number(root.GetProperty(LossKey)), Number(root.GetProperty(RateKey)), Number(root.GetProperty(NormKey))));
                }
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw RunFolderException.Unusable(path, $"line {line} is damaged; start the run again in another folder", error);
            }
        }

        return new(steps, evaluations);
    }

    // JSON has no NaN and no infinities: they are texts.
    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteString(name, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : value.GetDouble();
}
